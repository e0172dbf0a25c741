/** What the kernel says of silent threads, on made-up trees of procfs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SilentThreads } from '../../src/sentinel/silentThreads.js';
import { usesCpu } from '../../src/sentinel/usesCpu.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-silent-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MAIN = 77;
const WORKER = 78;
const RUNNING = 'running';
const EPOLL = '232 0x9 0x7f2b9b539cf0 0x400 0xffffffff 0x0 0x8 0x7f2b9b538f00 0x7f2b9b5aa000';
const FUTEX = '202 0x5660460 0x189 0x0 0x0 0x0 0xffffffff 0x7f2b9bad8d20 0x7f2b9b5aa000';
const MUNMAP = '11 0x5660460 0x40000 0x0 0x0 0x0 0xffffffff 0x7f2b9bad8d20 0x7f2b9b5aa000';
const PAGE_FAULT = '-1 0x7f2b9bad8d20 0x7f2b9b5aa000';
/** Longer than from one look to the next. */
const LOOK_MS = 110;
/** So many are needed before a thread is said not to answer. */
const ENOUGH = 3;

interface Thread {
  osThreadId?: number;
  state: string;
  /** Null where it may not be read. */
  syscall: string | null;
  onCpuMs: number;
}

let trees = 0;

/** The tree of a process with one thread of these properties; each call of `set` changes them. */
function tree(thread: Thread): { root: string; set: (changed: Partial<Thread>) => void } {
  const root = join(folder, String(++trees), String(MAIN));
  const set = (changed: Partial<Thread>): void => {
    Object.assign(thread, changed);
    const { osThreadId = WORKER, state, syscall, onCpuMs } = thread;
    const task = join(root, 'task', String(osThreadId));
    mkdirSync(task, { recursive: true });
    writeFileSync(join(task, 'stat'), `${osThreadId} (node) ${state} 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 4711 0`);
    writeFileSync(join(task, 'schedstat'), `${onCpuMs * 1e6} 1 1`);
    rmSync(join(task, 'syscall'), { force: true });
    if (syscall !== null) writeFileSync(join(task, 'syscall'), syscall);
  };
  set({});
  return { root, set };
}

function silentIn(root: string, threadId = 3): () => boolean {
  const silent = new SilentThreads(() => [{ threadId: 3, osThreadId: WORKER }], {
    processRoot: root,
    architecture: 'x64',
  });
  return () => silent.mayAnswer(threadId);
}

/** What is said after so many looks. */
async function saidAfter(looks: number, ask: () => boolean): Promise<boolean> {
  for (let look = 1; look < looks; look++) {
    ask();
    await delay(LOOK_MS);
  }
  return ask();
}

for (const [what, state, syscall] of [
  ['wants a CPU and gets none', 'R', RUNNING],
  ['waits for memory', 'D', PAGE_FAULT],
  ['sleeps in a futex, as V8 does', 'S', FUTEX],
  ['waits for the memory map, as V8 does', 'D', MUNMAP],
  ['wants a CPU on a kernel that hides system calls', 'R', null],
] as const) {
  test(`a thread that ${what} may answer yet`, async () => {
    assert.equal(await saidAfter(ENOUGH + 1, silentIn(tree({ state, syscall, onCpuMs: 5 }).root)), true);
  });
}

for (const [what, syscall] of [
  ['in a system call', EPOLL],
  ['where the kernel hides it', null],
] as const) {
  test(`a thread that sleeps ${what} will not answer, which several looks tell`, async () => {
    const ask = silentIn(tree({ state: 'S', syscall, onCpuMs: 5 }).root);
    assert.equal(await saidAfter(ENOUGH - 1, ask), true);
    assert.equal(ask(), true, 'a look at once is none');
    await delay(LOOK_MS);
    assert.equal(ask(), false);
  });
}

test('a thread that is awake between its calls may answer yet', async () => {
  const { root, set } = tree({ state: 'S', syscall: EPOLL, onCpuMs: 5 });
  const ask = silentIn(root);
  for (let round = 0; round < 3; round++) {
    set({ state: 'S', syscall: EPOLL });
    assert.equal(await saidAfter(ENOUGH - 1, ask), true);
    await delay(LOOK_MS);
    set({ state: 'R', syscall: RUNNING });
    assert.equal(ask(), true);
    await delay(LOOK_MS);
  }
});

test('a thread that has had a second of CPU since it was first looked at is in native code', async () => {
  const { root, set } = tree({ state: 'R', syscall: RUNNING, onCpuMs: 50_000 });
  const ask = silentIn(root);
  assert.equal(ask(), true);
  set({ onCpuMs: 50_900 });
  await delay(LOOK_MS);
  assert.equal(ask(), true);
  set({ onCpuMs: 51_100 });
  await delay(LOOK_MS);
  assert.equal(ask(), false);
});

test('main is found by the folder of the process', () => {
  const { root } = tree({ osThreadId: MAIN, state: 'R', syscall: RUNNING, onCpuMs: 5 });
  assert.equal(silentIn(root, 0)(), true);
  assert.equal(silentIn(root)(), false, 'the worker has no thread there');
});

test('a thread whose id nobody knows may answer while any runs that nobody knows', async () => {
  const { root, set } = tree({ state: 'R', syscall: RUNNING, onCpuMs: 5 });
  const silent = new SilentThreads(() => [{ threadId: 4, osThreadId: null }], { processRoot: root });
  const ask = (): boolean => silent.mayAnswer(4);
  assert.equal(await saidAfter(ENOUGH + 1, ask), true);
  await delay(LOOK_MS);
  set({ state: 'S', syscall: FUTEX });
  assert.equal(await saidAfter(ENOUGH - 1, ask), true);
  await delay(LOOK_MS);
  assert.equal(ask(), false, 'V8 and libuv have threads of their own, which sleep so');
  await delay(LOOK_MS);
  set({ state: 'R', syscall: RUNNING, onCpuMs: 2000 });
  assert.equal(ask(), false, 'it runs, and has long had the CPU for an answer');
});

test('of a thread that is gone, and where there is no procfs, nothing is expected', () => {
  assert.equal(silentIn(join(folder, 'nowhere'))(), false);
  assert.equal(silentIn(join(folder, 'nowhere'), 0)(), false);
});

test('a thread that uses CPU time runs; one that sleeps, or only hears a signal, does not', async () => {
  const { root, set } = tree({ state: 'S', syscall: FUTEX, onCpuMs: 100 });
  const asleep = usesCpu(WORKER, root);
  set({ state: 'R', syscall: RUNNING, onCpuMs: 101 });
  assert.equal(await asleep, false);
  const running = usesCpu(WORKER, root);
  set({ onCpuMs: 120 });
  assert.equal(await running, true);
});

test('where nobody can tell whether a thread runs, it may', async () => {
  assert.equal(await usesCpu(null, folder), true);
  assert.equal(await usesCpu(WORKER, folder), true);
});
