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
