/** A process that is on its way out is not attached to, unless its main still runs. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SharedState } from '../../src/agent/sharedState.js';
import type { ReportRequest, ScanCandidate } from '../../src/coordinator/collected.js';
import { HeapScanner } from '../../src/sentinel/heapScan.js';
import type { Session } from '../../src/sentinel/inspectorSession.js';
import { ProcessReach } from '../../src/sentinel/reach.js';
import { monotonicMs } from '../../src/tasks/clock.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-reach-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MAIN = 77;
/** From then on an exit counts as stuck. */
const STUCK_MS = 1000;
const HUNG_MAIN: ScanCandidate = { threadId: 0, heapUsed: 1000, isHung: true, isWaiting: false };

/** A process with nothing but a main thread, which sleeps; it is attached to for a search of its heap. */
class FakeProcess {
  readonly shared = new SharedState();
  connections = 0;
  readonly #root: string;
  readonly #reach: ProcessReach;

  constructor(name: string) {
    this.#root = join(folder, name, String(MAIN));
    this.setCpu(10);
    const session: Session = {
      connect: () => void this.connections++,
      watchWorkers: () => Promise.resolve(true),
      evaluate: () => Promise.resolve(null),
      post: () => Promise.resolve(null),
      drain: () => Promise.resolve(),
      close: () => {},
    };
    this.#reach = new ProcessReach({
      shared: this.shared,
      knownThreads: () => [],
      inspector: Promise.resolve({
        lane: () => assert.fail('no thread is read'),
        scanner: (request) => new HeapScanner(request, { slowness: 1, waitsAreFragile: false }, session),
      }),
      kernelOptions: () => ({ processRoot: this.#root }),
      silentMs: 0,
    });
  }

  setCpu(ms: number): void {
    const task = join(this.#root, 'task', String(MAIN));
    mkdirSync(task, { recursive: true });
    writeFileSync(join(task, 'stat'), `${MAIN} (node) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0`);
    writeFileSync(join(task, 'schedstat'), `${ms * 1e6} 1 1`);
  }

  async scan(): Promise<string | undefined> {
    const [scan] = await this.#reach.scan(requestNow(), [HUNG_MAIN]);
    return scan?.why;
  }
}

function requestNow(): ReportRequest {
  return {
    id: 'test',
    trigger: { kind: 'signal', detail: 'SIGUSR2' },
    requestedAt: new Date().toISOString(),
    startedMs: monotonicMs(),
    graceMs: 0,
    deadlineMs: 5000,
    heapScan: 'auto',
    readTasks: true,
  };
}

test('a process that does not exit is attached to, and no mark of that stays', async () => {
  const fake = new FakeProcess('lives');
  await fake.scan();
  assert.equal(fake.connections, 1);
  await delay(0);
  assert.equal(fake.shared.isAttached, false);
});

test('a process that has just begun to exit is not attached to, even if its main runs', async () => {
  const fake = new FakeProcess('exits');
  fake.shared.markExiting();
  const why = fake.scan();
  fake.setCpu(500);
  assert.match((await why) ?? '', /the process is exiting/);
  assert.equal(fake.connections, 0);
});

test('a process whose main sleeps in its exit, as it does while its workers end, is never attached to', async () => {
  const fake = new FakeProcess('waits');
  fake.shared.markExiting();
  await delay(STUCK_MS + 50);
  assert.match((await fake.scan()) ?? '', /the process is exiting/);
  assert.equal(fake.connections, 0);
  assert.equal(fake.shared.isAttached, false);
});

test('a process whose main runs for long in its exit is stuck there, and is attached to', async () => {
  const fake = new FakeProcess('spins');
  fake.shared.markExiting();
  await delay(STUCK_MS + 50);
  const scan = fake.scan();
  await delay(1);
  fake.setCpu(500);
  await scan;
  assert.equal(fake.connections, 1);
  assert.equal(fake.shared.isAttached, false);
});
