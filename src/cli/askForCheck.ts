/** Asks an instrumented process whether its loops turn: no report, and an answer also while main hangs. */
import type { CheckAnswer } from '../coordinator/asking/check.js';
import { ask, type AskOptions } from './ask.js';
import { refused } from './target.js';

/** Throws what `askForReport` throws. */
export async function askForCheck(
  pid: number,
  options: Pick<AskOptions, 'signal' | 'onStep' | 'patienceMs'> = {},
): Promise<CheckAnswer> {
  const answer = (await ask(pid, 'check', options)) as Partial<CheckAnswer>;
  const { format, formatVersion, threads } = answer;
  if (format === 'guru-meditation.check' && formatVersion === 1 && Array.isArray(threads)) return answer as CheckAnswer;
  throw refused(pid, 'its answer is no check of format version 1');
}
