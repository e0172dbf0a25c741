/** What the report says of a pool of one of the libraries whose tasks tell nothing, in each of the ways it can be: real processes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolReport, Report } from '../../src/report/types.js';
import { spawnFixture } from './spawn.js';

/** Task files of the zoo, by what the pool's workers are started with. */
const NAMES: Record<string, string> = { workerpool: 'workerpoolTasks', poolifier: 'poolifierTasks' };

const REPORTS_MOST = 4;
/** Ways in which workers hang. */
const HUNG = new Set(['stuck', 'introduced', 'two']);

async function reportOf(library: string, way: string, main = ''): Promise<Report> {
  const fixture = spawnFixture('otherPools.mjs', {
    args: [library, way, main],
    env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '5000' },
    timeoutMs: 60_000,
  });
  try {
    await fixture.ready();
    // A loop is stuck from a second on.
    if (HUNG.has(way)) await new Promise((resolve) => setTimeout(resolve, 1300));
    for (let reports = 1; ; reports++) {
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      // On a crowded machine the time may run out before all was read: the report says so, and another is asked for.
      if (report.report.complete || way === 'many' || reports === REPORTS_MOST) return report;
    }
  } finally {
    await fixture.stop();
  }
}

function onlyPool({ pools }: Report): PoolReport {
  const [pool, ...others] = pools;
  assert.ok(pool !== undefined && others.length === 0, JSON.stringify(pools));
  return pool;
}

/** Declares the tests of this library. */
export function testPoolsOf(library: string): void {
  for (const main of ['healthy', 'hung']) {
    test(
      `a pool of ${library} with hung workers is named with what they run, with main ${main}`,
      { timeout: 90_000 },
      async () => {
        const report = await reportOf(library, 'stuck', main);
        const pool = onlyPool(report);
        assert.equal(pool.kind, library);
        assert.equal(pool.name, NAMES[library] ?? library);
        assert.equal(pool.threadIds.length, 2);
        assert.deepEqual([pool.busy, pool.idle], [2, 0]);
        assert.deepEqual(new Set(pool.running.map(({ task }) => task)), new Set(['endless']));
        assert.ok((pool.notKnown ?? []).length > 0);
        const stuck = report.verdicts.filter(({ threadId }) => pool.threadIds.includes(threadId ?? -1));
        assert.ok(stuck.length > 0, JSON.stringify(report.verdicts));
        for (const { text } of stuck) assert.match(text, new RegExp(`of pool ${pool.name}`));
        const queued = library === 'poolifier' ? 50 : 0;
        assert.equal(pool.queued, queued);
        assert.equal(
          pool.queuedAt.reduce((sum, { count }) => sum + count, 0),
          queued,
        );
      },
    );
  }

  test(`a pool of ${library} that was introduced has its name, and tells what waits`, { timeout: 90_000 }, async () => {
    const report = await reportOf(library, 'introduced');
    const pool = onlyPool(report);
    assert.deepEqual([pool.name, pool.kind, pool.threadIds.length, pool.busy], ['invoices', library, 2, 2]);
    assert.equal(pool.limits?.maxThreads, 2);
    assert.deepEqual(new Set(pool.running.map(({ task }) => task)), new Set(['endless']));
    assert.equal(pool.queued, library === 'poolifier' ? 0 : 5);
    for (const { name, pool: of, role } of report.threads)
      assert.equal(of, role === 'worker' ? 'invoices' : null, name);
  });

  test(`10,000 queued tasks of ${library} leave the report whole`, { timeout: 90_000 }, async () => {
    const pool = onlyPool(await reportOf(library, 'many'));
    assert.equal(pool.kind, library);
    assert.equal(pool.threadIds.length, 2);
    assert.ok(library !== 'poolifier' || pool.pending === null || pool.pending?.count === 10_002);
  });

  test(`two pools of ${library} lose none of their workers`, { timeout: 90_000 }, async () => {
    const report = await reportOf(library, 'two');
    const pools = report.pools.filter(({ kind }) => kind === library);
    assert.equal(new Set(pools.flatMap(({ threadIds }) => threadIds)).size, 4);
    assert.equal(pools.length, library === 'jest-worker' ? 2 : 1, JSON.stringify(pools.map(({ name }) => name)));
    assert.equal(new Set(pools.map(({ name }) => name)).size, pools.length, 'two pools have one name');
    assert.deepEqual(
      pools.flatMap(({ running }) => running.map(({ task }) => task)),
      ['endless'],
    );
  });

  test(`a pool of ${library} that was ended is not listed`, { timeout: 90_000 }, async () => {
    const report = await reportOf(library, 'ended');
    assert.deepEqual(report.pools, []);
    // A crowded machine may be short of CPUs: that is no fault of the pool.
    assert.deepEqual(
      report.verdicts.filter(({ code }) => code !== 'cpu-throttled'),
      [],
    );
  });

  test(`a pool of ${library} whose worker crashed is listed with those it has`, { timeout: 90_000 }, async () => {
    const report = await reportOf(library, 'crashed');
    const workers = report.threads.filter(({ role }) => role === 'worker').map(({ threadId }) => threadId);
    assert.deepEqual(
      report.pools.flatMap(({ threadIds }) => threadIds).sort((one, other) => one - other),
      workers.sort((one, other) => one - other),
    );
    assert.deepEqual(
      report.verdicts.filter(({ severity, code }) => severity === 'critical' && code !== 'cpu-throttled'),
      [],
    );
  });
}
