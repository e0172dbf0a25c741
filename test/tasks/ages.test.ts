import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Ages } from '../../src/tasks/ages.js';
import { monotonicMs } from '../../src/tasks/clock.js';

/** Gives out ids as the tracker does; returns when each was given out. */
function giveOut(ages: Ages, count: number, beatEvery: number): Float64Array {
  const times = new Float64Array(count + 1);
  for (let id = 1; id <= count; id++) {
    if (id % beatEvery === 0) ages.beat(id - 1);
    if (id >= ages.markAt) ages.mark(id);
    times[id] = monotonicMs();
  }
  return times;
}

test('older ids are older, however many there were', () => {
  const ages = new Ages();
  giveOut(ages, 3_000_000, 1000);
  const at = monotonicMs();
  let before = Infinity;
  for (let id = 1; id <= 3_000_000; id += 997) {
    const age = ages.ageOf(id, at);
    assert.ok(age <= before && age >= 0, `id ${id}`);
    before = age;
  }
});

test('an age is off by at most the distance of two marks', () => {
  const ages = new Ages();
  const times = giveOut(ages, 64, 1_000_000);
  ages.beat(64);
  ages.mark(65);
  const at = monotonicMs();
  for (let id = 1; id <= 64; id++)
    assert.ok(Math.abs(ages.ageOf(id, at) - (at - (times[id] ?? 0))) <= at - (times[1] ?? 0) + 1);
});

test('what was made before a long silence is not spread over it', async () => {
  const ages = new Ages();
  const times = giveOut(ages, 10, 1_000_000);
  ages.beat(10);
  const beaten = monotonicMs();
  await delay(50);
  ages.mark(11);
  const at = monotonicMs();
  for (let id = 1; id <= 10; id++)
    assert.ok(ages.ageOf(id, at) >= at - beaten && ages.ageOf(id, at) <= at - (times[1] ?? 0) + 1, `id ${id}`);
});

test('before the first mark an age is 0', () => {
  assert.equal(new Ages().ageOf(5, 100), 0);
});
