/** Worker pools in every state that a pool gets into, without a line of code in the application. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertAccused,
  assertHealthy,
  countsOf,
  expectPools,
  poolOf,
  verdictOn,
  type Checks,
} from '../harness/pools.js';

const BOUND = { timeout: 110_000 };

/** What all libraries have in common. Counts are of workers that are busy and idle, of the queue, and of all workers. */
const OF_ALL: Checks = {
  disabled(report) {
    assert.deepEqual(countsOf(report, 'disabled'), [1, 0, 3, 1]);
    assertAccused(report, 'disabled');
  },
  several(report) {
    const { running, completed } = poolOf(report, 'several');
    // Of seven tasks after the first one; the worker may do some before it comes to the one that hangs.
    assert.deepEqual(countsOf(report, 'several'), [1, 0, 7 - 3 - ((completed ?? 0) - 1), 1]);
    assert.deepEqual(
      running.map(({ task }) => task),
      ['park', 'quick', 'quick'],
    );
    assert.match(verdictOn(report, 'several').text, /running park, submitted by .*, and 2 more tasks$/);
  },
  aborted(report) {
    assert.deepEqual(countsOf(report, 'aborted'), [1, 0, 1, 1]);
    assertAccused(report, 'aborted');
  },
  abortedRunning(report) {
    assert.deepEqual(countsOf(report, 'abortedRunning'), [0, 1, 0, 1]);
    assertHealthy(report, 'abortedRunning');
  },
  rejected(report) {
    const { oldestQueuedMs, running } = poolOf(report, 'rejected');
    assert.deepEqual(countsOf(report, 'rejected'), [1, 0, 4, 1]);
    assert.ok((oldestQueuedMs ?? 0) <= (running[0]?.runningMs ?? 0) + 50, 'none is older than the one that runs');
  },
  drained(report) {
    assert.deepEqual(countsOf(report, 'drained'), [0, 1, 0, 1]);
    assertHealthy(report, 'drained');
  },
  idleTimeout: (report) => assert.ok(report.pools.every(({ name }) => name !== 'idleTimeout')),
  destroyed: (report) => assert.ok(report.pools.every(({ name }) => name !== 'destroyed')),
  extended(report) {
    assert.deepEqual(countsOf(report, 'extended'), [1, 0, 2, 1]);
    assertAccused(report, 'extended');
  },
  gone(report) {
    assert.deepEqual(countsOf(report, 'gone'), [0, 0, 3, 0]);
    const verdict = report.verdicts.find(({ text }) => text.includes('pool gone'));
    assert.equal(verdict?.code, 'pool-stalled');
    assert.match(verdict.text, /^3 tasks queue for pool gone, the oldest for .*, and it has no workers$/);
  },
  named(report) {
    const pool = poolOf(report, 'named');
    const limits = { minThreads: 1, maxThreads: 1, idleTimeoutMs: 600_000, maxQueue: 100, tasksPerWorker: 1 };
    assert.deepEqual([pool.limits, pool.completed, pool.queued], [limits, 1, 2]);
    assert.ok(pool.kind === 'tinypool' || ((pool.runTime?.max ?? 0) > 0 && pool.waitTime !== null));
    assertAccused(report, 'named');
    assert.ok(
      report.pools.every(({ name }) => !name.startsWith('ended')),
      'what was destroyed is told no longer',
    );
  },
};

/** What only Piscina has. */
const OF_PISCINA: Checks = {
  ...OF_ALL,
  sync(report) {
    assert.deepEqual(countsOf(report, 'sync'), [1, 0, 1, 1]);
    assertAccused(report, 'sync');
  },
  async(report) {
    assert.deepEqual(countsOf(report, 'async'), [1, 0, 2, 1]);
    assertAccused(report, 'async');
  },
  recycled(report) {
    assert.deepEqual(countsOf(report, 'recycled'), [1, 0, 2, 1]);
    assertAccused(report, 'recycled');
  },
};

test('pools of Piscina 5 are told as they are, whatever became of their tasks and workers', BOUND, async () => {
  await expectPools(OF_PISCINA);
});

test('pools of Piscina 4 are told as they are, whatever became of their tasks and workers', BOUND, async () => {
  await expectPools(OF_PISCINA, '4');
});

test('pools of Tinypool are told as they are, whatever became of their tasks and workers', BOUND, async () => {
  const cancelled: Checks = {
    cancelled(report) {
      assert.deepEqual(countsOf(report, 'cancelled'), [0, 1, 0, 1]);
      assertHealthy(report, 'cancelled');
    },
  };
  await expectPools({ ...OF_ALL, ...cancelled }, 'tiny');
});
