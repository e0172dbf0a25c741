/** `gmr dump --attach` on processes that know nothing of this package: what it tells of them, and that it leaves them as they were. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { listenersOf } from '../../src/cli/attach/listeners.js';
import type { Report } from '../../src/report/types.js';
import { GMR, plainEnvironment } from '../cli/gmr.js';
import { assertValid } from '../harness/schema.js';
import { spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const BOUND = { timeout: 90_000, skip: process.platform === 'linux' ? false : 'attaching needs procfs' };
const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-attach-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs `gmr dump --attach`; `onStart` gets its process id. */
function attach(pid: number, words: string[] = [], onStart: (pid: number) => void = () => {}): Promise<Outcome> {
  const child = spawn(process.execPath, [GMR, 'dump', '--attach', String(pid), '--json', ...words], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  onStart(child.pid ?? -1);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

async function reportOf(pid: number, words: string[] = []): Promise<Report> {
  const { code, stdout, stderr } = await attach(pid, words);
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assertValid(report);
  assert.equal(report.process.pid, pid);
  assert.equal(report.report.collectedBy, 'attached');
  return report;
}

/** The port is any that is free, so that tests can run side by side; a test that needs its number gives one. */
async function start(args: string[], execArgv: string[] = ['--inspect-port=0']): Promise<Fixture> {
  const options: FixtureOptions = { preload: 'none', args, execArgv, timeoutMs: 30_000 };
  const fixture = spawnFixture('attached.cjs', options);
  await fixture.ready();
  return fixture;
}

/** What can be seen of a process from outside, and must be the same before and after. */
function seen({ pid }: Fixture): object {
  const signals = /^Sig(?:Cgt|Ign|Blk).*$/gm;
  return {
    listeners: listenersOf(`/proc/${pid}`),
    threads: readdirSync(`/proc/${pid}/task`).length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    signals: readFileSync(`/proc/${pid}/status`, 'utf8').match(signals),
  };
}

async function untilTrue(what: string, look: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!look()) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await delay(10);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function functionsOf(frames: readonly { function: string }[]): string[] {
  return frames.map((frame) => frame.function);
}

describe('gmr dump --attach', () => {
  test('reads main and two workers that hang, and leaves the process as it was', BOUND, async () => {
    const release = join(folder, 'release');
    const fixture = await start(['hung', release]);
    const before = seen(fixture);
    const report = await reportOf(fixture.pid, ['--deadline', '30000']);
    await untilTrue('its threads and ports are as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));

    assert.equal(report.process.node, process.version);
    const hung = report.threads.filter(({ state }) => state === 'spinning');
    const tops = hung.map(({ stack }) => stack[0]?.function).sort();
    assert.deepEqual(tops, ['spinsInWorker', 'spinsInWorker', 'spinsOnMain'], JSON.stringify(report.threads));
    assert.ok(hung.every(({ readBy, blockedForMs, instrumented }) => readBy === 'inspector' && blockedForMs === null && !instrumented));
    const spinning = report.verdicts.filter(({ code }) => code === 'thread-spinning');
    assert.equal(spinning.length, 3);
    assert.ok(spinning.every(({ forMs, since }) => forMs === null && since === null));

    const waiting = report.tasks.groups.map(({ awaitStack }) => functionsOf(awaitStack).join(' < ')).sort();
    assert.ok(waiting.includes('awaitsTheGate < requestOnMain'), JSON.stringify(report.tasks));
    assert.ok(waiting.includes('awaitsTheGate < jobInWorker'), waiting.join('\n'));
    assert.ok(report.tasks.groups.every(({ ageMs, createdAt }) => ageMs === null && createdAt.length === 0));
    const toldOnce = report.report.notRead.filter(({ why }) => /started without|preload/.test(why));
    assert.equal(toldOnce.length, 1, JSON.stringify(report.report.notRead));
    assert.equal(toldOnce[0]?.threadId, null);

    writeFileSync(release, '');
    const line = await fixture.line(/^found /);
    const found = JSON.parse(line.slice('found '.length)) as { before: object; after: object };
    assert.deepEqual(found.after, found.before);
    assert.deepEqual(await fixture.exited(), { code: 0, signal: null });
    const own = fixture.stderr.split('\n').filter((text) => !/^(?:Debugger |For help, |$)/.test(text));
    assert.deepEqual(own, [], 'on stderr stands what Node says of its inspector, and nothing else');
  });

  test('reads a healthy process, twice, and calls nothing stuck', BOUND, async () => {
    const fixture = await start(['idle']);
    const before = seen(fixture);
    for (const _round of [1, 2]) {
      const report = await reportOf(fixture.pid, ['--heap-scan', 'always']);
      assert.deepEqual(report.verdicts, []);
      assert.deepEqual(report.threads.map(({ state }) => state), ['idle']);
      assert.deepEqual(functionsOf(report.tasks.groups[0]?.awaitStack ?? []), ['awaitsTheGate', 'requestOnMain']);
      await untilTrue('it is as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    }
    await fixture.stop();
  });

  test('tells what the kernel knows of a process whose main computes in native code', BOUND, async () => {
    const fixture = await start(['compute']);
    const report = await reportOf(fixture.pid);
    const [main] = report.threads;
    assert.equal(main?.readBy, 'kernel');
    assert.ok(report.report.notRead.some(({ what, why }) => what === 'inspector lane' && /native code/.test(why)));
    const threads = report.sections.find(({ title }) => title === 'Kernel Threads')?.data;
    assert.ok(Array.isArray(threads) && threads.length > 1);
    assert.equal(fixture.stderr, '');
    await fixture.stop();
  });

  test('sends nothing to a process whose main waits in a call', BOUND, async () => {
    const fixture = await start(['read', '/proc/self/fd/0'], ['--inspect-port=0']);
    await fixture.stop();
  });
});
