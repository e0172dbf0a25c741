/** `gmr check PID`: whether anything is stuck, by the heartbeats of all threads: for a health check or a script. */
import type { CheckAnswer, LoopCheck } from '../coordinator/asking/check.js';
import { GuruError, messageOf } from '../errors.js';
import { spokenTime } from '../report/durations.js';
import { counted } from '../view/amounts.js';
import { escape, escapeJson } from '../view/escape.js';
import { askForCheck } from './askForCheck.js';
import { choosePid } from './choose.js';
import { EXIT, readWords, type Command } from './command.js';
import { writeAll, writeError } from './output.js';
import { withProgress } from './progress.js';

export const check: Command = {
  takes: '[PID]',
  summary: 'Whether the event loops of a process turn, without a report',
  options: { json: { type: 'boolean', help: 'what each thread says, as JSON' } },
  notes: [
    'Reads heartbeats; only workers that stand still and may be parked by their pool are looked into.',
    'Exit code: 0 nothing is stuck, 1 something is, 2 wrong call, 3 could not tell.',
  ],
  run: runCheck,
};

async function runCheck(words: string[]): Promise<number> {
  const { values, positionals } = readWords('check', check, words);
  try {
    const answer = await withProgress(({ step, signal }) =>
      askForCheck(choosePid('check', positionals), { onStep: step, signal }),
    );
    writeAll(values['json'] === true ? `${escapeJson(JSON.stringify(answer, null, 2))}\n` : inWords(answer));
    return exitCodeOf(answer);
  } catch (error) {
    const code = error instanceof GuruError ? error.code : 'GMR_INSTALL';
    if (code === 'GMR_USAGE') throw error;
    writeError(`could not tell: ${messageOf(error)}`, code);
    return EXIT.unknown;
  }
}

/** Without a thread nobody has told anything. */
export function exitCodeOf({ threads }: CheckAnswer): number {
  if (threads.some(({ state }) => state === 'stuck')) return EXIT.failed;
  return threads.length === 0 || threads.some(({ state }) => state === 'unknown') ? EXIT.unknown : EXIT.done;
}

/** One line for each thread that is not as it should be, else one for all. */
export function inWords(answer: CheckAnswer): string {
  const wrong = answer.threads.filter(({ text }) => text !== null);
  if (wrong.length > 0) return wrong.map((thread) => `${headOf(thread)}: ${escape(thread.text ?? '')}\n`).join('');
  const main = answer.threads.find(({ threadId }) => threadId === 0);
  const parked = answer.threads.filter(({ state }) => state === 'parked').length;
  const turned = main === undefined ? '' : `, main turned its loop ${spokenTime(main.turnedAgoMs ?? 0)} ago`;
  const workers = parked === 0 ? '' : `, ${parked} parked`;
  return `nothing is stuck: ${counted(answer.threads.length, 'thread')}${workers}${turned}\n`;
}

function headOf({ state }: LoopCheck): string {
  return state === 'stuck' ? 'STUCK' : 'UNSURE';
}
