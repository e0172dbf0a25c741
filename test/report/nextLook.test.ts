import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAgain, lookOften } from '../../src/report/nextLook.js';
import type { Report } from '../../src/report/types.js';
import { sampleReport } from './sample.js';

const BY_HAND = 'is it moving?  take a second report and compare';

function changed(change: (report: Report) => void): string {
  const report = sampleReport();
  change(report);
  return lookAgain('is it moving?', report);
}

test('a second look is a command where the process can be asked by one, and by hand elsewhere', () => {
  assert.equal(
    changed(() => {}),
    'is it moving?  gmr diff --again 4242 (reads only, 1 s)',
  );
  assert.equal(lookOften('does it grow?', sampleReport()), 'does it grow?  gmr watch 4242 (reads only, every 3 s)');
  assert.equal(
    changed(({ process }) => (process.platform = 'darwin')),
    BY_HAND,
  );
  assert.equal(
    changed(({ report }) => (report.trigger.kind = 'crash')),
    BY_HAND,
  );
  assert.equal(
    changed(({ threads }) => {
      for (const thread of threads) thread.instrumented = false;
    }),
    BY_HAND,
  );
});
