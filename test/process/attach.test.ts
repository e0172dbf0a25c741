/** `gmr dump --attach` on processes that know nothing of this package: what it tells of them, and that it leaves them as they were. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { listenersOf } from '../../src/cli/attach/listeners.js';
import { readTarget } from '../../src/cli/attach/target.js';
import { takeTurn } from '../../src/cli/attach/turn.js';
import type { Report } from '../../src/report/types.js';
import { assertOneLine, GMR, plainEnvironment } from '../cli/gmr.js';
import { assertValid } from '../harness/schema.js';
import { FIXTURES, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

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

/** What took long was said as well, on lines before: that is not what is tested here. */
function assertRefused({ code, stderr }: Outcome, pattern: RegExp): void {
  assert.equal(code, 1);
  const [last = ''] = stderr.trimEnd().split('\n').slice(-1);
  assertOneLine(`${last}\n`, pattern);
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
async function start(
  args: string[],
  execArgv: string[] = ['--inspect-port=0'],
  file = 'attached.cjs',
): Promise<Fixture> {
  const options: FixtureOptions = { preload: 'none', args, execArgv, timeoutMs: 30_000 };
  const fixture = spawnFixture(file, options);
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

async function connectDebugger(fixture: Fixture): Promise<WebSocket> {
  const line = await fixture.line(/^Debugger listening/);
  const socket = new WebSocket(/ws:\S+/.exec(line)?.[0] ?? '');
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
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
    await untilTrue(
      'its threads and ports are as before',
      () => JSON.stringify(seen(fixture)) === JSON.stringify(before),
    );

    assert.equal(report.process.node, process.version);
    const hung = report.threads.filter(({ stack }) => functionsOf(stack).some((name) => name.startsWith('spins')));
    assert.deepEqual(hung.map(({ name }) => name).sort(), ['main', 'spinner', 'spinner']);
    // A machine that has no time for it throttles a thread that spins: the report says so then, and has no verdict on it.
    for (const { state, readBy, blockedForMs, instrumented } of hung) {
      assert.match(state, /^(?:spinning|throttled)$/);
      assert.deepEqual([readBy, blockedForMs, instrumented], ['inspector', null, false]);
    }
    const spinning = report.verdicts.filter(({ code }) => code === 'thread-spinning');
    assert.equal(spinning.length, hung.filter(({ state }) => state === 'spinning').length);
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
    for (const place of ['first', 'second']) {
      const report = await reportOf(fixture.pid, ['--heap-scan', 'always', '--deadline', '30000']);
      const stuck = report.verdicts.filter(({ code }) => code.startsWith('thread-'));
      assert.deepEqual(stuck, [], JSON.stringify(report.threads));
      assert.deepEqual(
        report.threads.map(({ readBy }) => readBy),
        ['inspector'],
      );
      assert.deepEqual(functionsOf(report.tasks.groups[0]?.awaitStack ?? []), ['awaitsTheGate', 'requestOnMain']);
      await untilTrue(`it is as before the ${place}`, () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    }
    await fixture.stop();
  });

  test('reads a script with control characters in its path, and closes its inspector again', BOUND, async () => {
    const odd = join(mkdtempSync(join(folder, 'odd\u001b[31m')), 'attached.cjs');
    copyFileSync(join(FIXTURES, 'attached.cjs'), odd);
    const fixture = await start(['idle'], ['--inspect-port=0'], odd);
    const before = seen(fixture);
    const report = await reportOf(fixture.pid);
    assert.equal(report.threads[0]?.readBy, 'inspector', JSON.stringify(report.report.notRead));
    await untilTrue('it is as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    await fixture.stop();
  });

  test('several that attach at about the same time all read it, one after the other', BOUND, async () => {
    const fixture = await start(['idle'], [`--inspect-port=${await freePort()}`]);
    const before = seen(fixture);
    const reports = await Promise.all(
      [0, 80, 160, 240, 320].map(async (afterMs) => {
        await delay(afterMs);
        return reportOf(fixture.pid, ['--deadline', '30000']);
      }),
    );
    for (const { threads, report } of reports)
      assert.deepEqual([threads.length, threads[0]?.readBy], [1, 'inspector'], JSON.stringify(report.notRead));
    await untilTrue('it is as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    await fixture.stop();
  });

  test('does nothing to a process while somebody else has the turn', BOUND, async () => {
    const fixture = await start(['idle']);
    const endTurn = await takeTurn(readTarget(fixture.pid), {});
    const waiting = attach(fixture.pid, ['--deadline', '30000']);
    await delay(2000);
    assert.equal(fixture.stderr, '');
    endTurn();
    const { code, stderr } = await waiting;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /waits for somebody else who reads process \d+\n/);
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
    const fifo = join(folder, 'fifo');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const fixture = await start(['read', fifo]);
    const before = seen(fixture);
    const report = await reportOf(fixture.pid);
    assert.ok(report.report.notRead.some(({ what, why }) => what === 'inspector lane' && /open/.test(why)));
    assert.match(JSON.stringify(report.threads[0]?.kernel), /fifo/);
    // The call goes on, and nothing comes after it.
    writeFileSync(fifo, '');
    await fixture.exited();
    assert.equal(fixture.stderr, '', JSON.stringify(before));
  });

  test('uses an inspector that is open, beside a debugger, and leaves both', BOUND, async () => {
    const fixture = await start(['idle'], [`--inspect=127.0.0.1:${await freePort()}`]);
    const debuggerSocket = await connectDebugger(fixture);
    const before = seen(fixture);
    const report = await reportOf(fixture.pid, ['--heap-scan', 'always', '--deadline', '30000']);
    assert.deepEqual(functionsOf(report.tasks.groups[0]?.awaitStack ?? []), ['awaitsTheGate', 'requestOnMain']);
    await untilTrue('it is as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    const answer = new Promise((resolve) => debuggerSocket.once('message', (data) => resolve(String(data))));
    debuggerSocket.send('{"id":1,"method":"Runtime.evaluate","params":{"expression":"1 + 1"}}');
    assert.match(String(await answer), /"value":2/);
    debuggerSocket.terminate();
    await fixture.stop();
  });

  test('refuses a process that a debugger holds, and leaves it held', BOUND, async () => {
    const fixture = await start(['idle'], ['--inspect=0']);
    const debuggerSocket = await connectDebugger(fixture);
    const paused = new Promise<void>((resolve) => {
      debuggerSocket.on('message', (data) => {
        if (String(data).includes('"Debugger.paused"')) resolve();
      });
    });
    for (const method of ['Debugger.enable', 'Debugger.pause']) debuggerSocket.send(JSON.stringify({ id: 1, method }));
    await paused;
    const isResumed: string[] = [];
    debuggerSocket.on('message', (data) => isResumed.push(...(String(data).match(/"Debugger.resumed"/g) ?? [])));
    assertRefused(await attach(fixture.pid), /a debugger holds its main thread/);
    assert.deepEqual(isResumed, []);
    debuggerSocket.terminate();
    await fixture.stop();
  });

  test('says by whom the port is taken, and does not signal', BOUND, async () => {
    const server = createServer().unref();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const fixture = await start(['idle'], [`--inspect-port=${port}`]);
    const outcome = await attach(fixture.pid);
    assertRefused(outcome, new RegExp(`port ${port}, .* taken by process ${process.pid} `));
    assert.equal(fixture.stderr, '');
    await fixture.stop();
    server.close();
  });

  test('refuses what it cannot read, in one line, and harms nothing', BOUND, async () => {
    const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
    const open = await start(['idle'], ['--inspect-port=0.0.0.0:0']);
    const stopped = await start(['idle']);
    stopped.signal('SIGSTOP');
    await untilTrue('it is stopped', () => readFileSync(`/proc/${stopped.pid}/stat`, 'utf8').includes(') T '));
    const cases: [pid: number, pattern: RegExp][] = [
      [sleeper.pid ?? -1, /not Node\.js but \S*sleep/],
      [2 ** 22 - 1, /no such process/],
      [open.pid, /0\.0\.0\.0, to others/],
      [stopped.pid, /stopped/],
    ];
    for (const [pid, pattern] of cases) {
      const outcome = await attach(pid);
      assertRefused(outcome, pattern);
    }
    assert.equal(sleeper.exitCode ?? sleeper.signalCode, null, 'it still runs');
    assert.equal(open.stderr + stopped.stderr, '');
    sleeper.kill('SIGKILL');
    await open.stop();
    await stopped.stop();
  });

  const canDisable = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1');
  test('refuses a process that SIGUSR1 would end', { ...BOUND, skip: !canDisable || BOUND.skip }, async () => {
    const fixture = await start(['idle'], ['--disable-sigusr1']);
    const outcome = await attach(fixture.pid);
    assertRefused(outcome, /does not catch SIGUSR1/);
    assert.equal(fixture.process.exitCode ?? fixture.process.signalCode, null, 'it still runs');
    await fixture.stop();
  });

  test('a process that ends while it is read is one line', BOUND, async () => {
    const fixture = await start(['idle']);
    const outcome = attach(fixture.pid);
    await fixture.line(/^Debugger attached/);
    await fixture.stop();
    assertRefused(await outcome, /ended while it was read/);
  });

  test('Ctrl-C closes the inspector before it ends the command', BOUND, async () => {
    const fixture = await start(['hung', join(folder, 'never')]);
    const before = seen(fixture);
    let command = -1;
    const outcome = attach(fixture.pid, ['--deadline', '120000'], (pid) => (command = pid));
    await fixture.line(/^Debugger attached/);
    process.kill(command, 'SIGINT');
    const { signal, stdout } = await outcome;
    assert.equal(signal, 'SIGINT');
    assert.equal(stdout, '');
    await untilTrue('it is as before', () => JSON.stringify(seen(fixture)) === JSON.stringify(before));
    await fixture.stop();
  });
});
