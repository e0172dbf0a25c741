import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, integer, property } from 'fast-check';
import type { Report } from '../../src/report/types.js';
import { renderSummary } from '../../src/view/summary.js';
import { sampleReport } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

interface Summary {
  id: string;
  stuck: boolean;
  counts: Record<string, unknown>;
  verdicts: { text: string; at: string | null; code: string }[];
  verdictsLeftOut: number;
  textsCut: number;
}

function summaryOf(report: Report): Summary {
  const line = renderSummary(report);
  assert.match(line, /^[^\n\r]+\n$/, 'one line');
  assert.ok(Buffer.byteLength(line) < 8192, `${Buffer.byteLength(line)} bytes`);
  return JSON.parse(line) as Summary;
}

test('the summary has the verdicts and the counts', () => {
  const summary = summaryOf(sampleReport());
  assert.equal(summary.stuck, true);
  assert.deepEqual(summary.counts, {
    threads: 5,
    threadsRead: 5,
    states: { spinning: 1, busy: 3, idle: 1 },
    notRead: 0,
    tasksPending: 517,
    taskGroups: 4,
    promisesCollectedUnsettled: 3,
    pools: 1,
    queued: 512,
    verdicts: 2,
    processes: 2,
    configurationGroups: 2,
    sections: 2,
    sectionsFailed: 1,
  });
  assert.deepEqual(
    summary.verdicts.map(({ code, at }) => [code, at]),
    [
      ['thread-spinning', 'renderTable  src/pdf/table.ts:118'],
      ['pool-saturated', 'async render  src/pool.ts:71'],
    ],
  );
  assert.equal(summary.verdictsLeftOut, 0);
  assert.equal(summary.textsCut, 0);
});

test('a long text is cut and says how much it lacks; the first verdict stays', () => {
  const report = sampleReport();
  report.verdicts[0]!.text = 'x'.repeat(100_000);
  const summary = summaryOf(report);
  assert.match(summary.verdicts[0]!.text, /^x+\.\.\. \(\+\d+\)$/);
  assert.equal(summary.textsCut, 1);
});

test('many verdicts are left out from the end, and counted', () => {
  const report = sampleReport();
  const [first] = report.verdicts;
  report.verdicts = Array.from({ length: 500 }, (_, index) => ({ ...first!, text: `verdict ${index}` }));
  const summary = summaryOf(report);
  assert.equal(summary.verdicts[0]?.text, 'verdict 0');
  assert.ok(summary.verdicts.length >= 5);
  assert.equal(summary.verdicts.length + summary.verdictsLeftOut, 500);
});

test('whatever a report says, its summary is one line under 8 KB', { timeout: 60_000 }, () => {
  check(
    property(hostileText, integer({ min: 1, max: 400 }), (text, times) => {
      summaryOf(withTexts(sampleReport(), (old) => old + text.repeat(times)));
    }),
    { numRuns: 60 },
  );
});
