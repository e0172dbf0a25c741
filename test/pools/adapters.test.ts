/** The adapters of other pools, on the libraries' own objects. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { PoolAdapter } from '../../src/pools/adapters/adapter.js';
import { jestWorker } from '../../src/pools/adapters/jestWorker.js';
import { poolifier } from '../../src/pools/adapters/poolifier.js';
import { workerpool } from '../../src/pools/adapters/workerpool.js';

interface Made {
  pool: object;
  run(name: string): PromiseLike<unknown>;
  end(): unknown;
}

const PROGRAMS = join(process.cwd(), 'test/zoo/programs');
const ADAPTERS: PoolAdapter[] = [jestWorker, workerpool, poolifier];
const { makePool } = (await import(pathToFileURL(join(PROGRAMS, 'poolLibraries.mjs')).href)) as {
  makePool(library: string): Promise<Made>;
};

/** Until it holds: a pool learns of its workers' answers when these arrive. */
async function eventually(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end && !holds();)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
}

for (const adapter of ADAPTERS) {
  test(`a pool of ${adapter.kind} tells its workers, what they run, and what waits`, { timeout: 60_000 }, async () => {
    const { pool, run, end } = await makePool(adapter.kind);
    try {
      assert.deepEqual(
        ADAPTERS.filter((one) => one.recognises(pool)).map(({ kind }) => kind),
        [adapter.kind],
      );
      await eventually(() => adapter.read(pool).busy === 0);
      const idle = adapter.read(pool);
      assert.deepEqual([idle.threadIds.length, idle.idle, idle.running.length, idle.isDestroyed], [2, 2, 0, false]);
      assert.deepEqual([idle.minThreads, idle.maxThreads], [2, 2]);
      assert.equal(idle.file?.startsWith(PROGRAMS), true);
      for (let task = 0; task < 5; task++) run('waits').then(undefined, () => {});
      const busy = adapter.read(pool);
      assert.deepEqual([busy.busy, busy.idle], [2, 0]);
      assert.deepEqual(
        busy.running.map(({ threadId }) => threadId).sort((one, other) => one - other),
        busy.threadIds,
      );
      assert.equal(busy.queued, adapter.kind === 'poolifier' ? null : 3);
      assert.ok(adapter.kind !== 'jest-worker' || busy.running.every(({ task }) => task === 'waits'));
      assert.ok(adapter.kind !== 'poolifier' || busy.running.every(({ task }) => task === 'waits'));
      assert.ok(busy.notKnown.length > 0);
    } finally {
      await Promise.race([end(), new Promise((resolve) => setTimeout(resolve, 500))]);
    }
  });
}

test('what is no pool is recognised by none, and asked nothing', { timeout: 20_000 }, () => {
  const traps = new Proxy(
    {},
    {
      get: () => assert.fail('a proxy was read'),
      has: () => assert.fail('a proxy was asked'),
      getOwnPropertyDescriptor: () => assert.fail('a proxy was asked'),
    },
  );
  const getters = Object.defineProperties(
    {},
    Object.fromEntries(
      ['workers', 'workerNodes', '_workerPool', '_farm', 'taskQueue'].map((name) => [
        name,
        { get: () => assert.fail(`${name} was read`) },
      ]),
    ),
  );
  for (const one of [{}, [], new Map(), traps, getters, { workers: [] }, { workerNodes: [] }, { _workerPool: {} }])
    for (const adapter of ADAPTERS) assert.equal(adapter.recognises(one), false, adapter.kind);
});
