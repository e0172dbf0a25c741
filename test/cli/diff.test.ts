import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportDiff } from '../../src/report/diff.js';
import type { Report } from '../../src/report/types.js';
import { sampleReport } from '../report/sample.js';
import { gmr, stored } from './gmr.js';

const BOUND = { timeout: 60_000 };

/** The sample, 3 s later. */
function later(change: (report: Report) => void = () => {}): Report {
  const report = sampleReport();
  report.report.id = 'web-07-4242-k3f9-2';
  report.report.requestedAt = new Date(Date.parse(report.report.requestedAt) + 3000).toISOString();
  report.process.uptimeMs += 3000;
  for (const thread of report.threads) if (thread.blockedForMs !== null) thread.blockedForMs += 3000;
  change(report);
  return report;
}

test('what is stuck in both comes first and is 1', BOUND, () => {
  const grown = later(({ tasks }) => {
    for (const group of tasks.groups) if (group.id === 'g1') group.count = 530;
  });
  const { code, stdout, stderr } = gmr(['diff', stored('a.json', sampleReport()), stored('b.json', grown)]);
  assert.deepEqual([code, stderr], [1, '']);
  const body = stdout.split('\n\n')[1];
  assert.match(
    body ?? '',
    /^STUCK {2}worker 3 of pool pdf-render, spinning for 44 s: same stack\n {2}in {5}renderTable {2}src\/pdf\/table.ts:118\n/,
  );
  assert.match(stdout, /^GREW {3}512 -> 530 x await, oldest 41\.1 s, at async\n {7}render /m);
  assert.match(stdout, /-- end diff: STUCK worker 3 of pool pdf-render renderTable src\/pdf\/table.ts:118 --\n$/);
});

test('no line is wider than the page', BOUND, () => {
  const { stdout } = gmr(['diff', stored('a.json', sampleReport()), stored('b.json', later())]);
  for (const line of stdout.split('\n').filter((text) => !/^(?:-- |====)/.test(text)))
    assert.ok(line.length <= 72 || !/ .* .* /.test(line.trim()), line);
});

test('where nothing is stuck in both it is said and is 0', BOUND, () => {
  const free = later((report) => {
    report.verdicts = [];
    for (const thread of report.threads) Object.assign(thread, { state: 'idle', blockedForMs: null });
  });
  const { code, stdout } = gmr(['diff', stored('a.json', sampleReport()), stored('b.json', free)]);
  assert.equal(code, 0);
  assert.match(stdout, /^Nothing is stuck in both reports\.$/m);
  assert.match(stdout, /^FREED {2}worker 3/m);
  assert.match(stdout, /-- end diff: nothing is stuck in both --\n$/);
});

test('two services are said first, then compared', BOUND, () => {
  const other = later(({ process }) => (process.serviceName = 'search'));
  const { stdout } = gmr(['diff', stored('a.json', sampleReport()), stored('b.json', other)]);
  assert.match(stdout.split('\n\n')[1] ?? '', /^NOTE {3}Two different services: billing-api/);
  assert.match(stdout, /^STUCK {2}worker 3/m);
});

test('--json is the difference as data', BOUND, () => {
  const { code, stdout } = gmr(['diff', '--json', stored('a.json', sampleReport()), '-'], {
    input: JSON.stringify(later()),
  });
  assert.equal(code, 1);
  const diff = JSON.parse(stdout) as ReportDiff;
  assert.equal(diff.format, 'guru-meditation-diff');
  assert.equal(diff.betweenMs, 3000);
  assert.deepEqual(
    diff.threads.stuck.map(({ threadId }) => threadId),
    [3],
  );
});
