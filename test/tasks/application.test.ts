import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './harness.js';

/** The same script with and without the tracker must observe the same. */
function sameAsWithout(script: string, flags: string[] = [], modes = ['on', 'handles']): void {
  const bare = run<unknown>(script, { mode: null, flags });
  for (const mode of modes) assert.deepEqual(run<unknown>(script, { mode, flags }), bare, `mode ${mode}`);
}

const OBSERVE = `
const hooks = require('node:async_hooks');
const seen = [];
const beat = () => globalThis.tracker?.beat();
const symbols = () => Object.getOwnPropertySymbols(Promise.resolve()).map(String).filter((name) => name.includes('async'));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = () => { console.log(JSON.stringify(seen)); process.exit(); };
`;

test('promises wear no visible symbol, and there is no warning', () => {
  sameAsWithout(
    `${OBSERVE} process.on('warning', (warning) => seen.push(String(warning)));
    seen.push(symbols()); setTimeout(() => { beat(); seen.push(symbols()); report(); }, 20);`,
    ['--pending-deprecation'],
  );
});

test("AsyncLocalStorage keeps its context across awaits, callbacks and the tracker's heartbeats", () => {
  sameAsWithout(`${OBSERVE}
const storage = new hooks.AsyncLocalStorage();
async function leaf(name) { await null; seen.push([name, storage.getStore()]); await sleep(5); beat(); seen.push([name, storage.getStore()]); }
(async () => {
  await storage.run('a', () => Promise.all([leaf(1), leaf(2)]));
  beat();
  seen.push(storage.getStore() ?? null);
  await storage.run('b', async () => { await leaf(3); await storage.run('c', () => leaf(4)); await leaf(5); });
  storage.disable();
  setTimeout(beat, 1); await sleep(10); beat(); await sleep(5);
  await new hooks.AsyncLocalStorage().run('d', () => leaf(6));
  const again = new hooks.AsyncLocalStorage();
  await again.run('e', async () => { setTimeout(beat, 1); await sleep(5); beat(); await null; seen.push(again.getStore()); });
  report();
})();`);
});

test("the application's own async hook sees promises while it is enabled, before and after a snapshot", () => {
  sameAsWithout(`${OBSERVE}
const types = [];
const hook = hooks.createHook({ init(id, type) { if (type === 'PROMISE' || type === 'Job') types.push(type); }, before() {}, after() {}, destroy() {}, promiseResolve() { types.push('resolve'); } });
const step = async () => { types.length = 0; await null; new hooks.AsyncResource('Job'); await (async () => { await null; })(); seen.push(types.join()); };
const later = (work) => setTimeout(async () => { work(); await step(); next(); }, 10);
const works = [() => {}, () => hook.enable(), beat, () => hook.disable(), beat, () => seen.push(symbols()), () => hook.enable(), () => seen.push(symbols().length > 0), report];
const next = () => later(works.shift());
next();`);
});

test('executionAsyncId and triggerAsyncId in awaits relate as they do without the tracker', () => {
  sameAsWithout(`${OBSERVE}
const ids = () => [hooks.executionAsyncId(), hooks.triggerAsyncId()];
const same = [];
const look = async () => { const start = ids(); await null; const next = ids(); same.push([start[0] === next[0], next[0] === 0, next[1] === start[0]]); };
setTimeout(async () => {
  await look(); await look();
  const hook = hooks.createHook({ init() {} }).enable();
  await look(); await look();
  hook.disable();
  setTimeout(beat, 1); await sleep(10); await look();
  seen.push(same); report();
}, 5);`);
});

test('a v8 promise hook of the application is kept, whenever it comes', () => {
  sameAsWithout(`${OBSERVE}
const { promiseHooks } = require('node:v8');
let count = 0;
const step = async () => { count = 0; await null; await (async () => null)(); seen.push(count); };
(async () => {
  const stop = promiseHooks.createHook({ init() { count++; }, before() { count++; }, after() { count++; }, settled() { count++; } });
  await step(); setTimeout(async () => { beat(); await step(); stop(); await step(); setTimeout(async () => {
    beat(); const again = promiseHooks.createHook({ settled() { count++; } }); await step(); hooks.createHook({ init() {} }).enable(); await step(); beat(); await step(); report(); }, 5); }, 5);
})();`);
});

test('hooks of others that were there first stay whole', () => {
  const seen = run<string[]>(
    `${OBSERVE}
const storage = new hooks.AsyncLocalStorage();
let promises = 0;
hooks.createHook({ init(id, type) { if (type === 'PROMISE') promises++; } }).enable();
storage.run('kept', async () => {
  await null;
  tracker.setMode('on'); beat();
  const before = promises;
  await null; await sleep(5);
  seen.push(storage.getStore(), promises > before ? 'seen' : 'cut');
  report();
});`,
    { mode: 'off' },
  );
  assert.deepEqual(seen, ['kept', 'seen']);
});

const HOSTILE: [string, string][] = [
  ['prepareStackTrace that throws', `Error.prepareStackTrace = () => { throw new Error('called'); };`],
  ['frozen Error', 'Object.freeze(Error);'],
  ['stackTraceLimit of 0', 'Error.stackTraceLimit = 0;'],
  ['no stackTraceLimit', 'delete Error.stackTraceLimit;'],
  ['patched then', `Promise.prototype.then = function () { throw new Error('called'); };`],
  ['patched species', `Object.defineProperty(Promise, Symbol.species, { get() { throw new Error('called'); } });`],
  [
    'patched constructor',
    `Object.defineProperty(Promise.prototype, 'constructor', { get() { throw new Error('called'); } });`,
  ],
];

for (const [name, attack] of HOSTILE) {
  test(`a ${name} changes nothing and is not changed`, () => {
    const result = run<{ places: number; timers: boolean; isSame: boolean }>(`
const { descriptors } = { descriptors: () => JSON.stringify([Object.getOwnPropertyDescriptors(Error), Object.isFrozen(Error)], (key, value) => (typeof value === 'function' ? value.name : value)) };
async function wait() { await promise; }
const promise = new Promise(() => {});
wait();
setTimeout(() => {
  ${attack}
  setInterval(function tick() {}, 1e6);
  const before = descriptors();
  const { groups } = reader.snapshot(request);
  const places = groups.filter(({ type, awaitStack }) => type === 'await' && awaitStack[0].function === 'wait').length;
  const timers = groups.some(({ type, createdAt }) => type === 'Timeout' && createdAt.some(({ line }) => line === 8));
  console.log(JSON.stringify({ places, timers, isSame: before === descriptors() }));
  process.exit();
}, 5);`);
    assert.deepEqual(result, { places: 1, timers: true, isSame: true });
  });
}

test('a resource whose getters throw, and a thenable that throws, do no harm', () => {
  const types = run<string[]>(`
const { AsyncResource } = require('node:async_hooks');
class Task extends AsyncResource { get filename() { throw new Error('called'); } get workerInfo() { throw new Error('called'); } hasRef() { throw new Error('called'); } }
const task = new Task('Piscina.Task');
(async () => { await { then() { throw new Error('thrown'); } }; })().catch(() => {});
(async () => { await { get then() { throw new Error('thrown'); } }; })().catch(() => {});
setTimeout(() => { const [{ groups }, pools] = [reader.snapshot(request), reader.pools(request)]; console.log(JSON.stringify([...groups.map(({ type }) => type).filter((type) => type === 'Piscina.Task'), String(pools[0].oldestQueued.file)])); process.exit(); }, 5);`);
  assert.deepEqual(types, ['Piscina.Task', 'null']);
});

test('recursion that makes promises until the stack overflows ends as it does without the tracker', () => {
  sameAsWithout(`
let caught = 0;
const recurse = (depth) => { new Promise((resolve) => resolve(depth)); setTimeout(() => {}, 0); return recurse(depth + 1) + 1; };
for (let index = 0; index < 20; index++) { try { recurse(0); } catch (error) { if (error instanceof RangeError) caught++; } }
console.log(JSON.stringify(caught));
process.exit();`);
});

test('an application hook that throws fails as it does without the tracker', () => {
  sameAsWithout(`
let count = 0;
process.on('uncaughtException', (error) => { console.log(JSON.stringify(error.message)); process.exit(); });
require('node:v8').promiseHooks.createHook({ init() { if (++count === 3) throw new Error('from the hook'); } });
for (let index = 0; index < 5; index++) Promise.resolve();`);
});
