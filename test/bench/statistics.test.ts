import assert from 'node:assert/strict';
import test from 'node:test';
import { array, assert as assertAll, integer, property } from 'fast-check';
import { growthExponent, halfWidth, median, summarize } from '../../bench/harness/statistics.mjs';

const BOUND_MS = 20_000;

function counted(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test('the median of ten values lies between the two in the middle', { timeout: BOUND_MS }, () => {
  assert.equal(median([10, 1, 9, 2, 8, 3, 7, 4, 6, 5]), 5.5);
  assert.equal(median([3, 1, 2]), 2);
});

test('the interval of ten values leaves out one at each end, of twenty five', { timeout: BOUND_MS }, () => {
  assert.deepEqual(summarize(counted(10)), { median: 5.5, low: 2, high: 9, count: 10 });
  assert.deepEqual(summarize(counted(20)), { median: 10.5, low: 6, high: 15, count: 20 });
  assert.equal(halfWidth(summarize(counted(10))), 3.5);
});

test('with fewer than six values the interval is all of them', { timeout: BOUND_MS }, () => {
  assert.deepEqual(summarize([5, 1, 4, 2, 3]), { median: 3, low: 1, high: 5, count: 5 });
  assert.deepEqual(summarize([7]), { median: 7, low: 7, high: 7, count: 1 });
});

test('the interval always holds the median, whatever the values and their order', { timeout: BOUND_MS }, () => {
  assertAll(
    property(array(integer(), { minLength: 1, maxLength: 80 }), (values) => {
      const { median: middle, low, high } = summarize(values);
      assert.ok(low <= middle && middle <= high);
    }),
  );
});

test('a power law gives its exponent back', { timeout: BOUND_MS }, () => {
  const points = [1, 8, 64, 256].map((x) => [x, 3 * x ** 0.7]);
  assert.ok(Math.abs(growthExponent(points) - 0.7) < 1e-9);
});
