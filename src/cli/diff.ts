/** `gmr diff A B`: what changed from one stored report to another; `--again PID` takes the two of a process that runs. */
import { setTimeout as delay } from 'node:timers/promises';
import { GuruError } from '../errors.js';
import { diffReports, isStuckInBoth } from '../report/diff.js';
import type { Report } from '../report/types.js';
import { renderDiff, renderDiffJson } from '../view/diff.js';
import { askForReport } from './ask.js';
import { choosePid } from './choose.js';
import { EXIT, readWords, type Command } from './command.js';
import { writeAll } from './output.js';
import { printText } from './printText.js';
import { withProgress } from './progress.js';
import { readStoredReport } from './storedReport.js';
import { readTime } from './values.js';

const EVERY = '1s';

export const diff: Command = {
  takes: 'A B | --again PID',
  summary: 'What changed between two stored JSON reports, or in a process from now on',
  options: {
    again: { type: 'string', value: 'PID', help: 'take two reports of this process, one after the other' },
    every: { type: 'string', value: 'TIME', help: `with --again: the time between them (default ${EVERY})` },
    json: { type: 'boolean', help: 'as JSON' },
    full: { type: 'boolean', help: 'leave nothing out' },
  },
  notes: [
    'A or B is - for stdin.',
    'Exit code: 0, 1 when something is stuck in both or PID gives no report, 2 for a wrong call or a file that is no report.',
  ],
  run: runDiff,
};

async function runDiff(words: string[]): Promise<number> {
  const { values, positionals } = readWords('diff', diff, words);
  const { again } = values;
  const reports =
    typeof again === 'string'
      ? await takeTwo(again, String(values['every'] ?? EVERY), positionals)
      : readTwo(positionals);
  const difference = diffReports(...reports);
  if (values['json'] === true) writeAll(renderDiffJson(difference));
  else printText(renderDiff(difference, { full: values['full'] === true }));
  return isStuckInBoth(difference) ? EXIT.failed : EXIT.done;
}

function readTwo(files: readonly string[]): [Report, Report] {
  const [one, other, ...more] = files;
  if (one === undefined || other === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', `diff: expected two files, got ${files.length}`);
  if (one === '-' && other === '-') throw new GuruError('GMR_USAGE', 'diff: expected stdin at most once');
  return [readStoredReport('diff', one), readStoredReport('diff', other)];
}

async function takeTwo(pid: string, every: string, files: readonly string[]): Promise<[Report, Report]> {
  if (files.length > 0) throw new GuruError('GMR_USAGE', `diff: expected no files with --again, got ${files.length}`);
  const target = choosePid('diff', [pid]);
  const everyMs = readTime('diff: --every', every);
  return withProgress(async ({ step, signal }) => {
    const one = await askForReport(target, { signal, onStep: step });
    step(`waits for the second look at process ${target}`);
    await delay(everyMs, undefined, { signal });
    return [one, await askForReport(target, { signal, onStep: step })];
  });
}
