import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawPool, RawTaskGroup, TaskSnapshot } from '../../src/protocol.js';
import { run } from './harness.js';

const PENDING = `const held = [];
const never = () => new Promise((resolve) => held.push(resolve));
const done = (value) => { console.log(JSON.stringify(value)); process.exit(); };
`;

/** `innermost < outer` with lines, for groups of promises. */
function places(snapshot: TaskSnapshot): string[] {
  const promises = snapshot.groups.filter(({ type }) => type === 'await' || type === 'PROMISE');
  return promises.map(({ count, awaitStack, note }) => {
    const stack = awaitStack.map((frame) =>
      frame.line === null ? frame.kind : `${frame.function}:${frame.line}:${frame.column}`,
    );
    return `${count} x ${stack.join(' < ') || note}`;
  });
}

const handles = (groups: RawTaskGroup[], type: string): RawTaskGroup[] =>
  groups.filter((group) => group.type === type && group.createdAt.some(({ file }) => file?.includes('script-')));

test('each chain is listed once, by its innermost await, with line and column', () => {
  const snapshot = run<TaskSnapshot>(`${PENDING}
async function waiting() { await never(); }
for (let index = 0; index < 500; index++) waiting();
async function db() { await never(); } async function handler() { await db(); } handler();
async function all() { await Promise.all([db(), never()]); } all();
async function* pages() { await never(); } async function iterate() { for await (const page of pages()); } iterate();
never().then(() => {});
async function chained() { await never().then((value) => value); } chained();
async function returned() { await Promise.resolve().then(() => never()); } returned();
async function thenable() { await { then(resolve) { held.push(resolve); } }; } thenable();
const one = never(); async function shared() { await one; } shared(); shared();
for (let index = 0; index < 12; index++) never();
setTimeout(() => done(reader.snapshot(request)), 50);`);
  assert.deepEqual(places(snapshot).sort(), [
    '1 x Promise.all #1 < all:8:24',
    '1 x a .then callback waits for it, no async function',
    '1 x chained:11:28',
    '1 x db:7:23 < Promise.all #0 < all:8:24',
    '1 x db:7:23 < handler:7:67',
    '1 x pages:9:27 < iterate:9:88',
    '1 x returned:12:29',
    '1 x several functions or callbacks wait for one promise: V8 tells none of them',
    '1 x thenable:13:29',
    '12 x no async function waits for it',
    '500 x waiting:5:28',
  ]);
  assert.equal(snapshot.groups[0]?.count, 500);
  assert.deepEqual(snapshot.notRead, []);
});

test('handles are listed with the place that made them, and forgotten when they are done', () => {
  const { now, later, worker } = run<{
    now: TaskSnapshot;
    later: TaskSnapshot;
    worker: { stack: { line: number }[]; agoMs: number };
  }>(`${PENDING}
const interval = setInterval(() => {}, 1e6);
const unref = setInterval(() => {}, 1e6).unref();
const server = require('node:net').createServer().listen(0, () => {
  const client = require('node:net').connect(server.address().port, () => {
    const child = require('node:child_process').spawn('sleep', ['60']);
    const worker = new (require('node:worker_threads').Worker)('setInterval(() => {}, 1e6)', { eval: true });
    worker.once('online', () => {
      const now = reader.snapshot(request);
      const made = reader.workerCreations().get(worker.threadId);
      clearInterval(interval); clearInterval(unref); client.destroy(); server.close(); child.kill(); worker.terminate();
      const end = () => done({ now, worker: made, later: reader.snapshot(request) });
      child.on('close', () => setTimeout(end, 300));
    });
  });
});`);
  const count = (snapshot: TaskSnapshot, type: string): number =>
    handles(snapshot.groups, type).reduce((sum, group) => sum + group.count, 0);
  const types = ['TCPSERVERWRAP', 'PROCESSWRAP', 'WORKER', 'TCPWRAP'];
  assert.deepEqual(
    types.map((type) => count(now, type)),
    [1, 1, 1, 1],
  );
  assert.equal(count(now, 'Timeout'), 2);
  assert.deepEqual(
    types.map((type) => count(later, type)),
    [0, 0, 0, 0],
  );
  const timers = handles(now.groups, 'Timeout');
  assert.deepEqual(timers.map(({ ref, keepsAlive }) => [ref, keepsAlive]).sort(), [
    [false, false],
    [true, true],
  ]);
  assert.ok(worker.stack.some(({ line }) => line === 10));
  assert.ok(worker.agoMs >= 0);
});

test('heartbeats while a report lists handles take none off the list, and none is told twice', () => {
  const found = run<{ before: number; after: number }>(`
const timers = Array.from({ length: 300 }, () => setTimeout(() => {}, 60_000));
const isOne = (record) => record !== null && timers.includes(record.resource);
const listing = tracker.handles.inUse();
let before = 0;
while (before < 100) if (isOne(listing.next().value)) before++;
for (let beat = 0; beat < 20; beat++) tracker.beat();
console.log(JSON.stringify({ before, after: [...listing].filter(isOne).length }));
process.exit();`);
  assert.deepEqual(found, { before: 100, after: 200 });
});

test('resources of the application are listed until they are destroyed', () => {
  const counts = run<number[]>(`${PENDING}
const { AsyncResource } = require('node:async_hooks');
const made = Array.from({ length: 30 }, () => new AsyncResource('Job', { requireManualDestroy: true }));
const jobs = () => reader.snapshot(request).groups.filter(({ type }) => type === 'Job').reduce((sum, { count }) => sum + count, 0);
setTimeout(() => {
  const before = jobs();
  for (const job of made.slice(10)) job.emitDestroy();
  setTimeout(() => done([before, jobs()]), 20);
}, 20);`);
  assert.deepEqual(counts, [30, 10]);
});

test('promises that were collected without settling are counted, and nothing is kept alive by being watched', () => {
  const result = run<{ collected: number; pending: number; isAlive: boolean }>(
    `${PENDING}
let weak;
(() => { for (let index = 0; index < 100; index++) new Promise(() => {}); weak = new WeakRef(new Promise(() => {})); })();
never();
for (let beat = 0; beat < 20; beat++) tracker.beat();
setTimeout(() => { gc(); setTimeout(() => {
  for (let beat = 0; beat < 3; beat++) tracker.beat();
  const { collectedUnsettled, groups } = reader.snapshot(request);
  const pending = groups.filter(({ type }) => type === 'PROMISE').reduce((sum, { count }) => sum + count, 0);
  done({ collected: collectedUnsettled, pending, isAlive: weak.deref() !== undefined });
}, 20); }, 20);`,
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual(result, { collected: 101, pending: 1, isAlive: false });
});

test('what settles after it was held weakly is pending no more, also while the application keeps it', () => {
  const found = run<{ pending: number; kept: number }>(`
const settle = [];
const kept = Array.from({ length: 50 }, async () => { await new Promise((resolve) => settle.push(resolve)); });
for (let beat = 0; beat < 20; beat++) tracker.beat();
for (const one of settle) one();
setTimeout(() => {
  const isPromise = ({ type }) => type === 'await' || type === 'PROMISE';
  const pending = reader.snapshot(request).groups.filter(isPromise).reduce((sum, { count }) => sum + count, 0);
  console.log(JSON.stringify({ pending, kept: kept.length }));
}, 50);`);
  assert.deepEqual(found, { pending: 0, kept: 50 });
});

test('two million promises leave nothing behind', () => {
  const result = run<{ pending: number; grownMb: number }>(
    `${PENDING}
const leaf = async (value) => { await null; return value; };
const rounds = async (count) => { for (let index = 0; index < count; index++) await leaf(index); gc(); return process.memoryUsage().heapUsed; };
(async () => {
  const before = await rounds(20000);
  const after = await rounds(500000);
  const pending = reader.snapshot(request).groups.filter(({ type }) => type === 'await' || type === 'PROMISE').length;
  done({ pending, grownMb: (after - before) / 1e6 });
})();`,
    { flags: ['--expose-gc'] },
  );
  assert.ok(result.pending <= 1, `${result.pending} groups`);
  assert.ok(result.grownMb < 5, `${result.grownMb} MB`);
});

test('with 100,000 pending tasks counts are exact and places are sampled', () => {
  const { result: snapshot, longestPauseMs } = run<{ result: TaskSnapshot; longestPauseMs: number }>(`${PENDING}
for (let index = 0; index < 100000; index++) never().then(() => {});
setTimeout(() => reader.snapshotInSlices({ ...request, placesMax: 500 }).then(done), 50);`);
  const promises = snapshot.groups.filter(({ type }) => type === 'PROMISE');
  assert.equal(
    promises.reduce((sum, { count }) => sum + count, 0),
    100_000,
  );
  assert.equal(snapshot.placesRead, 500);
  assert.ok(promises.every(({ ages }) => ages.length <= 64));
  assert.match(snapshot.notRead.join(), /99500 pending promises not read: limit of 500/);
  assert.ok(longestPauseMs > 0);
});

test('promises that nobody waits for are all told without a question', () => {
  const snapshot = run<TaskSnapshot>(`${PENDING}
for (let index = 0; index < 5000; index++) never();
setTimeout(() => done(reader.snapshot({ ...request, placesMax: 1 })), 50);`);
  assert.deepEqual(places(snapshot), ['5000 x no async function waits for it']);
  assert.deepEqual(snapshot.notRead, []);
});

test('the mode says what is watched, and can be changed', () => {
  const seen = run<[string, boolean, boolean][]>(
    `${PENDING}
const look = () => {
  const { mode, groups } = reader.snapshot(request);
  return [mode, groups.some(({ type }) => type === 'await'), groups.some(({ type, createdAt }) => type === 'Timeout' && createdAt.some(({ file }) => file === __filename))];
};
async function wait() { await never(); }
const modes = ['handles', 'on', 'full', 'off'];
const seen = [];
for (const mode of modes) { tracker.setMode(mode); wait(); setInterval(() => {}, 1e6); seen.push(look()); }
done(seen);`,
    { mode: 'off' },
  );
  assert.deepEqual(seen, [
    ['handles', false, true],
    ['on', true, true],
    ['full', true, true],
    ['off', false, false],
  ]);
});

test('what the package makes for itself is no task, and what comes after it is', () => {
  const seen = run<unknown>(`${PENDING}
const { AsyncResource } = require('node:async_hooks');
const make = () => { never(); setInterval(() => {}, 1e6); new AsyncResource('Job'); return 7; };
const types = () => reader.snapshot(request).groups.map(({ type }) => type).filter((type) => type !== 'Timeout').sort();
const timers = () => reader.snapshot(request).groups.filter(({ type, createdAt }) => type === 'Timeout' && createdAt.some(({ file }) => file === __filename)).length;
const given = tracker.ignoring(make);
let thrown = null;
try { tracker.ignoring(() => { make(); throw new Error('own'); }); } catch (error) { thrown = error.message; }
const before = [types(), timers()];
make();
done({ given, thrown, before, after: [types(), timers()] });`);
  assert.deepEqual(seen, {
    given: 7,
    thrown: 'own',
    before: [[], 0],
    after: [['Job', 'PROMISE'], 1],
  });
});

test('what was pending before a change of mode takes nothing off the list when it settles', () => {
  const counts = run<number[]>(`${PENDING}
const count = () => reader.snapshot(request).groups.filter(({ type }) => type === 'PROMISE').reduce((sum, { count }) => sum + count, 0);
for (let index = 0; index < 100; index++) never();
const resolves = held.splice(0);
tracker.setMode('full');
for (let index = 0; index < 100; index++) never();
const before = count();
for (const resolve of resolves) resolve();
setTimeout(() => done([before, count()]), 20);`);
  assert.deepEqual(counts, [100, 100]);
});

test('promises are followed over the change of hooks after the first second', () => {
  const seen = run<unknown>(`${PENDING}
const isPromise = ({ type }) => type === 'await' || type === 'PROMISE';
const count = () => reader.snapshot(request).groups.filter(isPromise).reduce((sum, { count }) => sum + count, 0);
const some = (most) => { for (let index = 0; index < most; index++) never(); };
const settle = (most) => { for (const resolve of held.splice(0, most)) resolve(); };
const hooks = () => tracker.promises.ring.hooks();
tracker.setMode('off');
some(10); // Older than the hooks.
tracker.setMode('on');
const early = hooks();
some(20);
setTimeout(() => {
  const isChanged = hooks() !== early;
  const counts = [count()];
  settle(15);
  counts.push(count());
  some(30);
  counts.push(count());
  settle(45);
  counts.push(count());
  const marks = Object.getOwnPropertySymbols(Promise.resolve()).length;
  done({ isChanged, counts, marks });
}, 1500);`);
  assert.deepEqual(seen, { isChanged: true, counts: [20, 15, 45, 0], marks: 0 });
});

test('full gives a promise of the first second and a later one the stack of those who made it', () => {
  const stacks = run<string[][]>(
    `${PENDING}
function early() { return never(); }
function later() { return never(); }
early();
setTimeout(() => {
  later();
  const groups = reader.snapshot(request).groups.filter(({ type }) => type === 'PROMISE');
  done(groups.map(({ createdAt }) => createdAt.slice(0, 3).map((frame) => frame.function)));
}, 1500);`,
    { mode: 'full' },
  );
  const named = stacks.filter(([, maker]) => maker === 'never').map(([top, , caller]) => [top, caller]);
  assert.deepEqual(named.sort(), [
    ['new Promise', 'early'],
    ['new Promise', 'later'],
  ]);
});

test('full gives promises a creation stack', () => {
  const snapshot = run<TaskSnapshot>(
    `${PENDING}
function start() { return never(); }
start();
done(reader.snapshot(request));`,
    { mode: 'full' },
  );
  const group = snapshot.groups.find(({ type }) => type === 'PROMISE');
  assert.deepEqual(
    group?.createdAt.slice(1, 3).map((frame) => frame.function),
    ['never', 'start'],
  );
});

test('tasks of a Piscina pool tell file, thread, times and what was given to the oldest in the queue', () => {
  const [pool] = run<RawPool[]>(`${PENDING}
const { writeFileSync } = require('node:fs');
const file = __filename.replace('.cjs', '-task.cjs');
writeFileSync(file, 'module.exports = () => new Promise(() => setInterval(() => {}, 1e6));');
const { Piscina } = require(${JSON.stringify(new URL('../../node_modules/piscina', import.meta.url).pathname)});
const pool = new Piscina({ filename: file, minThreads: 1, maxThreads: 1, execArgv: [], env: {} });
for (let index = 0; index < 3; index++) pool.run({ index }).catch(() => {});
const poll = () => { const pools = reader.pools(request); pools[0]?.running.some(({ runningMs }) => runningMs > 0) ? done(pools) : setTimeout(poll, 50); };
poll();`);
  const [task] = pool?.running ?? [];
  assert.deepEqual([pool?.kind, pool?.running.length, pool?.queued], ['piscina', 1, 2]);
  assert.match(task?.file ?? '', /-task\.cjs$/);
  assert.deepEqual(pool?.facts?.threadIds, [task?.threadId]);
  assert.deepEqual([task?.payload, pool?.oldestQueued?.payload], [null, '{"index":1}']);
  assert.ok(task?.submittedAt.some(({ function: name }) => name === 'Piscina.run' || name === 'run'));
});

test(
  '100,000 calls that wait are counted exactly, each once, at once as well as in slices',
  { timeout: 60_000 },
  () => {
    const counts = run<Record<'sliced' | 'atOnce' | 'left', number[]>>(`${PENDING}
async function inner() { await never(); }
async function outer() { await inner(); }
for (let index = 0; index < 100; index++) outer();
for (let index = 0; index < 99899; index++) never();
const countOf = ({ groups }) => ['await', 'PROMISE'].map((wanted) =>
  groups.filter(({ type }) => type === wanted).reduce((sum, { count }) => sum + count, 0));
// One more waits: this function.
setTimeout(async () => {
  for (let beat = 0; beat < 15; beat++) tracker.beat();
  const { result } = await reader.snapshotInSlices(request);
  const atOnce = reader.snapshot({ ...request, lane: 'inspector' });
  for (let settle = 0; settle < 50000; settle++) held[100 + settle]();
  await null;
  done({ sliced: countOf(result), atOnce: countOf(atOnce), left: countOf(reader.snapshot(request)) });
}, 50);`);
    assert.deepEqual(counts, { sliced: [100, 99_900], atOnce: [100, 99_900], left: [100, 49_900] });
  },
);

test('ages of promises are those of their making, oldest first in a group', () => {
  const snapshot = run<TaskSnapshot>(`${PENDING}
for (let index = 0; index < 3000; index++) never();
setTimeout(() => { never(); done(reader.snapshot(request)); }, 300);`);
  const group = snapshot.groups.find(({ type }) => type === 'PROMISE');
  const ages = group?.ages ?? [];
  assert.deepEqual(
    ages,
    [...ages].sort((one, other) => one - other),
  );
  assert.deepEqual([group?.ageMs?.min, group?.ageMs?.max], [ages[0], ages.at(-1)]);
  assert.ok((group?.ageMs?.min ?? 0) < (group?.ageMs?.median ?? 0));
});
