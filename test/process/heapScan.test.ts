/** What nobody watched is found in the heap, in every kind of thread; what would take too long is skipped, and said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report, ThreadHeapScan } from '../../src/report/types.js';
import { LATEST_MS, lineOf, threadOf } from '../harness/hangs.js';
import { assertQuiet, FIXTURES, spawnFixture, type Fixture } from '../harness/spawn.js';

const PENDING = 'pending.cjs';
/** Long: how many searches fit into a second is up to the machine. */
const PATIENT = { GMR_FORMAT: 'json', GMR_HEAP_SCAN: 'always', GMR_DEADLINE_MS: '15000' };
const WAITS_ARE_FRAGILE = process.allowedNodeEnvironmentFlags.has('--trace-atomics-wait');

async function withPending(
  args: readonly string[],
  env: Record<string, string>,
  look: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const fixture = spawnFixture(PENDING, { args, env, timeoutMs: 40_000 });
  try {
    await fixture.ready();
    await delay(1300); // Until a hang counts as one.
    await look(fixture);
    assertQuiet(fixture.stderr);
    assert.doesNotMatch(fixture.stderr, /of the application was asked/);
  } finally {
    await fixture.stop();
  }
}

/**
 * Another one where a machine under load took too long for all places. A signal that comes while the last report is still
 * being finished is answered by that one, so it is sent again.
 */
async function reportOf(fixture: Fixture): Promise<Report> {
  for (let round = 1; ; round++) {
    fixture.signal('SIGUSR2');
    const again = setInterval(() => fixture.signal('SIGUSR2'), 8000);
    const report = await fixture.report().finally(() => clearInterval(again));
    if (!isCut(report) || round === 5) return report;
  }
}

function scanOf(report: Report, threadId: number): ThreadHeapScan {
  const scan = report.tasks.heapScan.byThread.find((one) => one.threadId === threadId);
  assert.ok(scan !== undefined, JSON.stringify(report.tasks.heapScan));
  return scan;
}

/** The awaits of one thread: how many, and through which functions of the fixture. */
function awaitsOf(report: Report, threadId: number): Record<string, number> {
  const groups = report.tasks.groups.filter(({ type, threadIds }) => type === 'await' && threadIds.includes(threadId));
  const named = groups.map((group): [string, number] => [
    group.awaitStack.map((frame) => `${frame.function}${frame.kind.replace(/^(await|Promise.all)/, '')}`).join(' < '),
    group.count,
  ]);
  return Object.fromEntries(named);
}

const ALL_FOUND = {
  one: 300,
  'inner < outer': 2,
  'Promise.all #0 < both': 1,
  'Promise.all #1 < both': 1,
  // A promise of another class is awaited through a second one, and the heap does not tell which is which.
  guarded: 2,
};

function isCut(report: Report): boolean {
  return report.report.notRead.some(
    ({ what, why }) => /^places of \d+ promises/.test(what + why) && /100 ms/.test(why),
  );
}

/** Equal groups of several threads are one. A machine that is far too slow may leave places out, if it says so. */
function assertFound(report: Report, ...threadIds: number[]): void {
  const scans = threadIds.map((threadId) => scanOf(report, threadId));
  assert.ok(
    scans.every((scan) => scan.done),
    JSON.stringify([scans, report.report.notRead]),
  );
  const all = Object.entries(ALL_FOUND).map(([place, count]) => [place, count * threadIds.length]);
  if (isCut(report)) {
    const found = Object.entries(awaitsOf(report, threadIds[0] as number));
    assert.ok(found.length > 0 && found.every(([place, count]) => count <= Number(Object.fromEntries(all)[place])));
    return;
  }
  for (const threadId of threadIds) assert.deepEqual(awaitsOf(report, threadId), Object.fromEntries(all));
  const one = report.tasks.groups.find((group) => group.count === 300 * threadIds.length);
  assert.deepEqual(one?.threadIds.toSorted(), threadIds);
  assert.equal(one?.awaitStack[0]?.file, `${FIXTURES}/${PENDING}`);
  assert.equal(one.awaitStack[0].line, lineOf(PENDING, 'await never();'));
  assert.deepEqual([one.ageMs, one.ids, one.createdAt], [null, [], []]);
}

for (const [way, place] of [
  ['healthy', 'bare:idle'],
  ['spinning', 'bare:spin'],
] as const) {
  test(
    `what awaits in a ${way} worker without the preload is found, again and again`,
    { timeout: 120_000 },
    async () => {
      await withPending([place], PATIENT, async (fixture) => {
        for (let round = 0; round < 2; round++) {
          const report = await reportOf(fixture);
          assertFound(report, 2);
          assert.deepEqual(
            report.tasks.heapScan.byThread.map(({ threadId }) => threadId),
            [2],
          );
          assert.equal(report.tasks.mode, 'on');
          assert.equal(threadOf(report, 2).instrumented, false);
          const line = report.report.notRead.find(({ threadId }) => threadId === 2);
          assert.match(line?.why ?? '', /does not have the preload.*not since when/);
        }
      });
    },
  );
}

test(
  'a worker in Atomics.wait is searched where that is safe, and said to be left out where not',
  { timeout: 120_000 },
  async () => {
    await withPending(['bare:park'], PATIENT, async (fixture) => {
      const report = await reportOf(fixture);
      assert.equal(threadOf(report, 2).state, 'atomics-wait');
      if (!WAITS_ARE_FRAGILE) return assertFound(report, 2);
      assert.equal(scanOf(report, 2).done, false);
      assert.match(scanOf(report, 2).why, /not safe in a thread that sits in Atomics.wait/);
    });
  },
);

test(
  'with tasks off main is searched, spinning and healthy, and so are its workers',
  { timeout: 120_000 },
  async () => {
    const env = { ...PATIENT, GMR_TASKS: 'off' };
    await withPending(['main:spin', 'worker:idle'], env, async (fixture) => {
      const report = await reportOf(fixture);
      assert.equal(report.report.collectedBy, 'sentinel');
      assertFound(report, 0, 2);
    });
    await withPending(['main:idle'], env, async (fixture) => {
      const report = await reportOf(fixture);
      assert.equal(report.report.collectedBy, 'main');
      assertFound(report, 0);
      assert.equal(report.tasks.pending, 306, 'nothing of this package is among the tasks');
      assert.equal(report.tasks.mode, 'off');
    });
  },
);

test('with handles alone tracked, what the heap tells joins them', { timeout: 120_000 }, async () => {
  await withPending(['main:idle'], { ...PATIENT, GMR_TASKS: 'handles' }, async (fixture) => {
    const report = await reportOf(fixture);
    assertFound(report, 0);
    assert.equal(report.tasks.mode, 'handles');
    assert.ok(report.tasks.groups.some(({ type, ageMs }) => type === 'Timeout' && ageMs !== null));
    const counted = report.tasks.groups.reduce((sum, { count }) => sum + count, 0);
    assert.equal(report.tasks.pending, counted);
  });
});

test('where all promises are watched no heap is searched', { timeout: 120_000 }, async () => {
  await withPending(['worker:idle'], PATIENT, async (fixture) => {
    const { heapScan } = (await reportOf(fixture)).tasks;
    assert.deepEqual(heapScan, { done: false, why: 'not needed', pauseMs: 0, byThread: [] });
  });
});

test('never is obeyed, and said', { timeout: 120_000 }, async () => {
  await withPending(['bare:spin'], { ...PATIENT, GMR_HEAP_SCAN: 'never' }, async (fixture) => {
    const report = await reportOf(fixture);
    assert.deepEqual(report.tasks.heapScan.byThread, [
      { threadId: 2, done: false, why: 'heapScan is never', pauseMs: 0 },
    ]);
    assert.ok(report.report.notRead.some(({ threadId, what }) => threadId === 2 && what === 'promises'));
  });
});

test('a healthy worker with a large heap is not paused by auto', { timeout: 120_000 }, async () => {
  const env = { ...PATIENT, GMR_HEAP_SCAN: 'auto' };
  await withPending(['bare:idle', 'objects:1'], env, async (fixture) => {
    const scan = scanOf(await reportOf(fixture), 2);
    assert.equal(scan.done, false);
    assert.match(scan.why, /^skipped: a heap of \d+ MB .*only heapScan: always does that$/);
  });
});

test(
  'what cannot end before the deadline is not begun, even when it is always wanted',
  { timeout: 120_000 },
  async () => {
    const env = { ...PATIENT, GMR_DEADLINE_MS: '1000', GMR_TASKS: 'off' };
    await withPending(['main:idle', 'worker:spin', 'objects:3'], env, async (fixture) => {
      const report = await reportOf(fixture);
      for (const threadId of [0, 2]) assert.match(scanOf(report, threadId).why, /too long for the time that was left$/);
      assert.equal(report.tasks.heapScan.done, false);
      assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs} ms`);
    });
  },
);

test('where the application replaced Promise nothing is searched, and that is said', { timeout: 120_000 }, async () => {
  const worker =
    'globalThis.Promise = class Promise {}; setInterval(() => {}, 1e6); require("fs").writeSync(1, "ready\\n")';
  const fixture = spawnFixture(
    `new (require('node:worker_threads').Worker)(${JSON.stringify(worker)}, { eval: true, execArgv: [], env: {} }).unref();
    setInterval(() => {}, 1e6);`,
    { env: PATIENT, timeoutMs: 40_000 },
  );
  try {
    await fixture.ready();
    await delay(300); // Until the sentinel is up.
    const report = await reportOf(fixture);
    assert.equal(report.tasks.heapScan.byThread.length, 1);
    assert.match(report.tasks.heapScan.why, /put something of its own in place of Promise/);
  } finally {
    await fixture.stop();
  }
});
