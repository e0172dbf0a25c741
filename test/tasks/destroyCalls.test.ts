import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './harness.js';

const START = `const { AsyncResource, createHook } = require('node:async_hooks');
const done = (value) => { console.log(JSON.stringify(value)); process.exit(); };
const jobs = () => reader.snapshot(request).groups.filter(({ type }) => type === 'Job').reduce((sum, { count }) => sum + count, 0);
const make = (most, options = { requireManualDestroy: true }) => Array.from({ length: most }, () => new AsyncResource('Job', options));
const later = (work) => setTimeout(work, 20);
`;

/** What an application can see of the method, with the tracker and without. */
const SEEN = `${START}
class Base extends AsyncResource { emitDestroy() { return super.emitDestroy(); } }
const { value, ...flags } = Object.getOwnPropertyDescriptor(AsyncResource.prototype, 'emitDestroy');
const thrown = (on) => { try { value.call(on); } catch (error) { return [error.name, error.code ?? null, error.message]; } };
const derived = new Base('Job');
const marks = Object.getOwnPropertySymbols(derived).map(String);
done({
  flags, name: value.name, length: value.length, isConstructor: 'prototype' in value, marks,
  returnsThis: derived.emitDestroy() === derived, thrown: [undefined, null, 1, 'text', {}].map(thrown),
  listed: Reflect.ownKeys(AsyncResource.prototype).map(String), keys: Object.keys(derived),
});`;

test('the application sees the same method as without the tracker, and no mark of a destroy hook', () => {
  assert.deepEqual(run(SEEN, { mode: 'on' }), run(SEEN, { mode: null }));
});

test('a destroy hook of the application hears each end once', () => {
  const [destroyed, listed] = run<[number, number]>(`${START}
let destroyed = 0; const ids = new Set();
createHook({ init(id, type) { if (type === 'Job') ids.add(id); }, destroy(id) { if (ids.has(id)) destroyed++; } }).enable();
const made = make(10);
for (const job of made.slice(3)) job.emitDestroy();
later(() => done([destroyed, jobs()]));`);
  assert.deepEqual([destroyed, listed], [7, 3]);
});

test('ends are told among many microtasks, whatever number a class of the application says it has', () => {
  const counts = run<number[]>(`${START}
const numbers = [];
createHook({ init(id, type) { if (type === 'Microtask') numbers.push(id); } }).enable();
class Job extends AsyncResource {
  constructor() { super('Job', { requireManualDestroy: true }); }
  asyncId() { return numbers.at(-1); }
}
const all = [];
for (let made = 0; made < 100; made++) {
  for (let microtask = 0; microtask < 50; microtask++) queueMicrotask(() => {});
  all.push(new Job());
}
later(() => {
  const before = jobs();
  for (const job of all) job.emitDestroy();
  done([numbers.length, before, jobs()]);
});`);
  assert.deepEqual(counts, [5000, 100, 0]);
});

test('what left the ring of the youngest ends by its call all the same', () => {
  const counts = run<number[]>(`${START}
const made = make(10_000);
const before = jobs();
for (const job of made.slice(0, 6000)) job.emitDestroy();
const between = jobs();
for (const job of made.slice(6000)) job.emitDestroy();
done([before, between, jobs()]);`);
  assert.deepEqual(counts, [10_000, 4000, 0]);
});

test('what was collected without a call is forgotten', () => {
  const counts = run<number[]>(
    `${START}
(() => make(50, {}))();
const before = jobs();
for (let beat = 0; beat < 20; beat++) tracker.beat();
later(() => { gc(); later(() => done([before, jobs()])); });`,
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual(counts, [50, 0]);
});

test('a method that others put over ours stays theirs, also when the tracker stops', () => {
  const result = run<unknown>(`${START}
const ours = AsyncResource.prototype.emitDestroy;
let calls = 0;
const theirs = function emitDestroy() { calls++; return ours.call(this); };
AsyncResource.prototype.emitDestroy = theirs;
const [one, two] = make(2);
one.emitDestroy();
const listed = jobs();
tracker.stop();
const isReturned = two.emitDestroy() === two;
done({ calls, listed, isReturned, isTheirs: AsyncResource.prototype.emitDestroy === theirs });`);
  assert.deepEqual(result, { calls: 2, listed: 1, isReturned: true, isTheirs: true });
});

test('the method is put back when the tracker stops, and watched again when it starts again', () => {
  const result = run<unknown>(
    `${START}
const ours = AsyncResource.prototype.emitDestroy;
tracker.stop();
const isBack = AsyncResource.prototype.emitDestroy !== ours;
const early = make(1);
tracker.setMode('handles');
const [one, two] = make(2);
for (const job of [...early, one]) job.emitDestroy();
done({ isBack, listed: jobs() });`,
  );
  assert.deepEqual(result, { isBack: true, listed: 1 });
});
