/** Whether a heap may be searched, for every answer to that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapScanOf, SEARCHED } from '../../src/report/heapScans.js';
import { estimatePauseMs, slownessAfter, whyNotScanned, type ScanQuestion } from '../../src/report/scanCost.js';
import type { ThreadHeapScan } from '../../src/report/types.js';

const MB = 1e6;
const SMALL: ScanQuestion = {
  option: 'auto',
  heapUsed: 5 * MB,
  isHung: false,
  isLeader: false,
  remainingMs: 900,
  slowness: 1,
};

test('a small heap is searched, of a thread that does its work and of one that hangs', { timeout: 5000 }, () => {
  assert.equal(whyNotScanned(SMALL), null);
  assert.equal(whyNotScanned({ ...SMALL, isHung: true }), null);
  assert.equal(whyNotScanned({ ...SMALL, isLeader: true }), null);
});

test('never means never, whatever the heap', { timeout: 5000 }, () => {
  assert.equal(whyNotScanned({ ...SMALL, option: 'never', isHung: true }), 'heapScan is never');
});

test('a heap of unknown size is not searched, and that is said', { timeout: 5000 }, () => {
  assert.match(whyNotScanned({ ...SMALL, option: 'always', heapUsed: null }) ?? '', /size of its heap is not known/);
});

test('auto spares a thread that does its work a long pause, but not one that hangs', { timeout: 5000 }, () => {
  const larger = { ...SMALL, heapUsed: 20 * MB };
  assert.match(whyNotScanned(larger) ?? '', /heap of 20 MB .* about 530 ms; above 250 ms only heapScan: always/);
  assert.equal(whyNotScanned({ ...larger, isHung: true }), null);
  assert.equal(whyNotScanned({ ...larger, option: 'always' }), null);
});

test('nothing is begun that cannot end before the deadline, not even with always', { timeout: 5000 }, () => {
  const large = { ...SMALL, heapUsed: 1000 * MB };
  for (const option of ['auto', 'always'] as const)
    for (const isHung of [true, false])
      assert.match(
        whyNotScanned({ ...large, option, isHung }) ?? '',
        /heap of 1000 MB .* 25.0 s, too long for the time/,
      );
  assert.notEqual(whyNotScanned({ ...SMALL, remainingMs: 100, isHung: true }), null);
  assert.notEqual(whyNotScanned({ ...SMALL, remainingMs: 0, option: 'always', heapUsed: 0 }), null);
});

test('a thread whose pause makes the whole report wait gets more room for mistakes', { timeout: 5000 }, () => {
  const tight = { ...SMALL, remainingMs: estimatePauseMs(5 * MB) * 1.5 };
  assert.equal(whyNotScanned(tight), null);
  assert.match(whyNotScanned({ ...tight, isLeader: true }) ?? '', /too long/);
});

test('a search that took longer than estimated makes the next ones dearer, within bounds', { timeout: 5000 }, () => {
  const estimate = estimatePauseMs(10 * MB);
  assert.equal(slownessAfter(1, 10 * MB, estimate / 2), 1);
  assert.equal(slownessAfter(1, 10 * MB, estimate * 3), 3);
  assert.equal(slownessAfter(3, 10 * MB, estimate), 2);
  assert.equal(slownessAfter(1, 10 * MB, estimate * 1000), 8);
  assert.match(whyNotScanned({ ...SMALL, slowness: 3 }) ?? '', /above 250 ms/);
});

const scan = (threadId: number, why: string | null, pauseMs = 0): ThreadHeapScan => ({
  threadId,
  done: why === null,
  why: why ?? SEARCHED,
  pauseMs,
});

test('all searches together tell the longest pause, and why some were skipped', { timeout: 5000 }, () => {
  assert.deepEqual(heapScanOf([]), { done: false, why: 'not needed', pauseMs: 0, byThread: [] });
  const all = heapScanOf([scan(1, null, 120), scan(2, null, 80)]);
  assert.deepEqual([all.done, all.why, all.pauseMs], [true, SEARCHED, 120]);
  const some = heapScanOf([scan(1, null, 120), ...[2, 3, 4, 5, 6].map((id) => scan(id, `skipped: ${id}`))]);
  assert.equal(
    some.why,
    '1 of 6 threads searched; thread 2 skipped: 2; thread 3 skipped: 3; thread 4 skipped: 4; and 2 more threads not searched',
  );
  const none = heapScanOf([scan(1, 'heapScan is never'), scan(2, 'heapScan is never')]);
  assert.deepEqual([none.done, none.why], [false, 'heapScan is never']);
});
