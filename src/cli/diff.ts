/** `gmr diff A B`: what changed from one stored report to another. */
import { GuruError } from '../errors.js';
import { diffReports, isStuckInBoth } from '../report/diff.js';
import { renderDiff, renderDiffJson } from '../view/diff.js';
import { EXIT, readWords, type Command } from './command.js';
import { writeAll } from './output.js';
import { printText } from './printText.js';
import { readStoredReport } from './storedReport.js';

export const diff: Command = {
  takes: 'A B',
  summary: 'What changed between two stored JSON reports',
  options: {
    json: { type: 'boolean', help: 'as JSON' },
    full: { type: 'boolean', help: 'leave nothing out' },
  },
  notes: ['A or B is - for stdin. Exit code: 1 when something is stuck in both, else 0.'],
  run: runDiff,
};

async function runDiff(words: string[]): Promise<number> {
  const { values, positionals } = readWords('diff', diff, words);
  const [one, other, ...more] = positionals;
  if (one === undefined || other === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', `diff: expected two files, got ${positionals.length}`);
  if (one === '-' && other === '-') throw new GuruError('GMR_USAGE', 'diff: expected stdin at most once');
  const difference = diffReports(readStoredReport('diff', one), readStoredReport('diff', other));
  if (values['json'] === true) writeAll(renderDiffJson(difference));
  else printText(renderDiff(difference, { full: values['full'] === true }));
  return isStuckInBoth(difference) ? EXIT.failed : EXIT.done;
}
