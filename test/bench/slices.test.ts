import assert from 'node:assert/strict';
import test from 'node:test';
import { sliceOrder, workInSlices } from '../../bench/harness/slices.mjs';

const BOUND_MS = 20_000;

for (const count of [2, 3, 6, 7]) {
  test(
    `in each turn each of ${count} programs works once, and all come first equally often`,
    { timeout: BOUND_MS },
    () => {
      const firsts = new Map<number, number>();
      for (let turn = 0; turn < 2 * count; turn++) {
        const order: number[] = sliceOrder(count, turn);
        assert.deepEqual(
          order.toSorted((one, other) => one - other),
          Array.from({ length: count }, (_, index) => index),
        );
        firsts.set(order[0] ?? -1, (firsts.get(order[0] ?? -1) ?? 0) + 1);
      }
      assert.deepEqual(
        [...firsts.values()],
        Array.from({ length: count }, () => 2),
      );
    },
  );
}

test('a machine whose speed drifts shows no cost where there is none', { timeout: BOUND_MS }, async () => {
  let slices = 0;
  const speed = (): number => 100 + 30 * Math.sin(slices++ / 50);
  const work = (index: number): number => (index === 2 ? 2 : 1) * speed();
  const [bare = 0, control = 0, twice = 0] = await workInSlices({ count: 3, uncounted: 6, counted: 60, work });
  assert.ok(Math.abs(control / bare - 1) < 0.002, String(control / bare));
  assert.ok(Math.abs(twice / bare - 2) < 0.004, String(twice / bare));
});

test('turns before those that count are left out', { timeout: BOUND_MS }, async () => {
  let slices = 0;
  const sums = await workInSlices({ count: 2, uncounted: 1, counted: 3, work: () => (slices++ < 2 ? 1000 : 1) });
  assert.deepEqual(sums, [3, 3]);
});
