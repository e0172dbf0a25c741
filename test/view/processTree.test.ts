import assert from 'node:assert/strict';
import test from 'node:test';
import type { Report } from '../../src/report/types.js';
import { renderTree, worstProcessFirst, type TreeEntry } from '../../src/view/processTree.js';
import { sampleReport } from '../report/sample.js';

function entry(pid: number, change: (report: Report) => void): TreeEntry {
  const report = structuredClone(sampleReport()) as Report;
  change(report);
  return { pid, ppid: 1, name: `service ${pid}`, report, why: null };
}

const calm = entry(1, (report) => void (report.verdicts = []));
const slow = entry(
  2,
  ({ verdicts }) => void verdicts.splice(0, verdicts.length, { ...verdicts[0]!, severity: 'warning' }),
);
const stuck = entry(3, ({ verdicts }) => void (verdicts[0] = { ...verdicts[0]!, severity: 'critical', forMs: 2000 }));
const stuckLong = entry(
  4,
  ({ verdicts }) => void (verdicts[0] = { ...verdicts[0]!, severity: 'critical', forMs: 90_000 }),
);
const gone: TreeEntry = { pid: 5, ppid: 1, name: 'gone\u001B[2J', report: null, why: 'it ended\nwhile it was asked' };

test('processes come worst first, and last those that told nothing', { timeout: 10_000 }, () => {
  const order = worstProcessFirst([gone, calm, slow, stuck, stuckLong]).map(({ pid }) => pid);
  assert.deepEqual(order, [4, 3, 2, 1, 5]);
});

test('a line for each process comes first, then the first screen of each', { timeout: 10_000 }, () => {
  const text = renderTree([gone, calm, stuck]);
  const [heads = '', ...screens] = text.split('\n\n==== Guru Meditation ====');
  const lines = heads.split('\n');
  assert.match(lines[0] ?? '', /^3 service 3 +STUCK /);
  assert.equal(lines[1]?.startsWith('1 service 1'), true);
  assert.equal(lines[2], String.raw`5 gone\u001b[2J  not read: it ended\nwhile it was asked`);
  assert.equal(lines.length, 3);
  assert.equal(screens.length, 2);
  assert.equal(text.at(-1), '\n');
  assert.doesNotMatch(text, /^={72}$/m, 'no section of the whole report');
});
