import assert from 'node:assert/strict';
import test from 'node:test';
import { besideOne, orderOf, ratios, runRounds } from '../../bench/harness/rounds.mjs';

const BOUND_MS = 20_000;

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function placesOf(names: string[]): number[] {
  return names.map((name) => ['bare', 'control', 'twice'].indexOf(name) + 1);
}

for (const count of [1, 2, 3, 6, 7]) {
  test(
    `each of ${count} variants runs right beside its bare run, as often before it as after it`,
    { timeout: BOUND_MS },
    () => {
      const variants = Array.from({ length: count }, (_, index) => `variant ${index}`);
      const distances = new Map<string, number>();
      for (const isReversed of [false, true]) {
        const steps = orderOf(variants, { isReversed });
        assert.equal(steps.filter(({ name }) => name !== 'bare').length, count);
        for (const [index, { name, beside }] of steps.entries()) {
          if (beside === null) continue;
          assert.equal(steps[beside]?.name, 'bare');
          assert.equal(Math.abs(index - beside), 1);
          distances.set(name, (distances.get(name) ?? 0) + index - beside);
        }
      }
      assert.deepEqual(
        [...distances.values()],
        Array.from({ length: count }, () => 0),
      );
    },
  );
}

test('a machine that slows down from run to run shows no cost where there is none', { timeout: BOUND_MS }, async () => {
  let speed = 100;
  const measureRound = (names: string[]): number[] => names.map((name) => (name === 'twice' ? 2 : 1) * speed++);
  const pairs = await runRounds({ variants: ['control', 'twice'], rounds: 10, measureRound });
  assert.equal(pairs.get('control').length, 10);
  assert.ok(Math.abs(mean(ratios(pairs.get('control'))) - 1) < 0.002);
  assert.ok(Math.abs(mean(ratios(pairs.get('twice'))) - 2) < 0.004);
});

test('rounds go on until somebody says that it is enough', { timeout: BOUND_MS }, async () => {
  const pairs = await runRounds({
    variants: ['control'],
    rounds: 0,
    measureRound: () => [1, 1],
    isEnough: (found) => found.get('control').length >= 5,
  });
  assert.equal(pairs.get('control').length, 5);
});

test(
  'where all work by turns within a round, all are held against its one bare process',
  { timeout: BOUND_MS },
  async () => {
    const pairs = await runRounds({
      variants: ['control', 'twice'],
      rounds: 2,
      measureRound: placesOf,
      order: besideOne,
    });
    assert.deepEqual(pairs.get('control'), [
      { bare: 1, value: 2 },
      { bare: 1, value: 2 },
    ]);
    assert.deepEqual(ratios(pairs.get('twice')), [3, 3]);
  },
);
