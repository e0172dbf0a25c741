import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constant, oneof, property } from 'fast-check';
import { innermost, type AskedPromise } from '../../src/tasks/awaitChains.js';
import { runAtOnce } from '../../src/tasks/slices.js';

let id = 0;
const frame = (name: string): string => `${name}\t/app.js\t1\t1\ta`;
const element = (index: number): string => `all\t\t\t\t#${index}`;
const asked = (frames: readonly string[], more: Partial<AskedPromise> = {}): AskedPromise => ({
  id: ++id,
  parent: 0,
  stack: frames.join('\n'),
  waiters: 1,
  derived: 0,
  ...more,
});
const chains = (promises: AskedPromise[], pending: number[] = promises.map((promise) => promise.id)): number[] =>
  runAtOnce(innermost(promises, [], (number) => pending.includes(number))).asked.map((promise) => promise.id);

test('a chain of functions is its innermost await', () => {
  const outer = asked([], { waiters: 0 });
  const middle = asked([frame('outer')]);
  const inner = asked([frame('middle'), frame('outer')]);
  assert.deepEqual(chains([outer, middle, inner]), [inner.id]);
});

test('a stack that ends another is a chain of its own when it has promises of its own', () => {
  const link = asked([frame('outer')]);
  const own = asked([frame('outer')]);
  const inner = asked([frame('middle'), frame('outer')]);
  assert.equal(chains([link, own, inner]).length, 2);
});

test('the elements of Promise.all account for one promise together', () => {
  const outer = asked([], { waiters: 0 });
  const elements = [0, 1, 2].map((index) => asked([element(index), frame('outer')]));
  const all = asked([frame('outer')]);
  assert.deepEqual(
    chains([outer, ...elements, all]),
    elements.map((promise) => promise.id),
  );
});

test('what then derives from a pending promise is a link', () => {
  const root = asked([frame('wait')]);
  const derived = asked([frame('wait')], { parent: root.id });
  assert.deepEqual(chains([root, derived]), [root.id]);
});

test('what then derived from a settled promise is listed only where nothing else has its place', () => {
  const locked = asked([frame('wait')], { parent: 99_999 });
  assert.deepEqual(chains([locked]), [locked.id]);
  assert.equal(chains([locked, asked([frame('wait')])]).length, 1);
});

test('a promise with several waiters is kept, and their own promises are links', () => {
  const shared = asked([], { waiters: 2 });
  const waiters = [asked([], { waiters: 0 }), asked([], { waiters: 0 })];
  assert.deepEqual(chains([shared, ...waiters]), [shared.id]);
});

/** Consecutive numbers; `derived` counts from the first of them. */
const made = (...shapes: (Partial<AskedPromise> & { frames?: string[] })[]): AskedPromise[] => {
  const first = id + 1;
  return shapes.map(({ frames = [frame('wait')], derived = 0, ...more }) =>
    asked(frames, { ...more, derived: derived === 0 ? 0 : first + derived }),
  );
};

test('an async function and the promise it returned in one go are one task', () => {
  const promises = made({ derived: 2 }, { derived: 3 });
  assert.deepEqual(chains(promises), [promises[1]?.id]);
  const nested = made({ derived: 3 }, { derived: 4 }, { derived: 5 });
  assert.deepEqual(chains(nested), [nested[2]?.id]);
});

test('promises that are awaited at once, or made before the calls that await them, are tasks of their own', () => {
  const awaited = made({ derived: 1 }, { frames: [], waiters: 0 }, { derived: 4 });
  assert.equal(chains(awaited).length, 2);
  const [one, other, call] = made({ derived: 3 }, { derived: 5 }, { frames: [], waiters: 0 });
  const given = [one, other].filter((promise) => promise !== undefined);
  const told = runAtOnce(innermost(given, [call?.id ?? 0], () => true));
  assert.equal(told.asked.length, 2);
  assert.equal(chains(made({ derived: 4 }, { derived: 5 }, { derived: 6 }, { derived: 7 })).length, 4);
});

test('a thenable that is awaited is one task, and its function is awaited by itself no more', () => {
  const call = asked([], { waiters: 2 });
  const wrapper = asked([frame('wait')], { parent: call.id });
  const inner = asked([frame('wait')]);
  assert.deepEqual(chains([call, wrapper, inner]), [inner.id]);
  assert.deepEqual(chains([call, wrapper]), [wrapper.id]);
});

test('promises that nobody waits for are told by their number as they are as promises', () => {
  const alone = constant({ frames: [], waiters: 0 });
  const callback = constant({ frames: [], waiters: 1 });
  const waiting = constant({ frames: [frame('outer')], waiters: 1 });
  const shared = constant({ frames: [], waiters: 3 });
  check(
    property(array(oneof(alone, callback, waiting, shared), { maxLength: 40 }), (shapes) => {
      const promises = shapes.map(({ frames, waiters }) => asked(frames, { waiters }));
      const numbers = promises.filter(({ waiters }) => waiters === 0).map((promise) => promise.id);
      const others = promises.filter(({ waiters }) => waiters > 0);
      const told = runAtOnce(innermost(others, numbers, () => true));
      assert.deepEqual(
        [...told.asked.map((promise) => promise.id), ...told.alone].sort((one, other) => one - other),
        chains(promises),
      );
    }),
  );
});
