/** What a report says of a service's worker pools, with main healthy and with main hung. */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Report } from '../../src/report/types.js';
import { renderText } from '../../src/view/text.js';
import { assertAccused, assertHealthy, countsOf, expectPools, folder, poolOf, type Checks } from '../harness/pools.js';
import { ROOT } from '../harness/spawn.js';

const BOUND = { timeout: 110_000 };
const HANGS_MAIN = { HANG_MAIN: '1' };

/** Two pools of Piscina, one of which has a hung task with 50 tasks behind it, and a Tinypool. */
function assertServiceTold(report: Report): void {
  assert.deepEqual(countsOf(report, 'render'), [1, 0, 50, 1]);
  assert.deepEqual(report.pools.map(({ name, kind }) => `${name} ${kind}`).sort(), [
    'mail piscina',
    'render piscina',
    'thumbnail tinypool',
  ]);
  assertAccused(report, 'render');
  assertHealthy(report, 'mail');
  assertHealthy(report, 'thumbnail');
  const [first, second] = report.verdicts.filter(({ threadId }) => threadId !== 0);
  assert.equal(first?.threadId, poolOf(report, 'render').threadIds[0]);
  assert.match(second?.text ?? '', /^50 tasks queue for pool render, the oldest for \d/);
  const screen = renderText(report).slice(0, 2500).replaceAll(/\s+/g, ' ');
  assert.match(screen, /STUCK worker \d+ of pool render, for [\d.]+ s.* in park test\/fixtures\/poolsWorker\.cjs:4/);
  assert.match(screen, /doing park, submitted by submit test\/fixtures\/pools\.mjs:\d+/);
  assert.match(screen, /50 tasks queue for pool render, the oldest for/);
}

test('the first lines name the hung task of one of three pools, and what queues behind it', BOUND, async () => {
  await expectPools({ service: assertServiceTold });
});

test('with main hung they name main, and then the same', BOUND, async () => {
  await expectPools(
    {
      service(report) {
        assertServiceTold(report);
        assert.ok(
          report.verdicts.some(({ threadId }) => threadId === 0),
          'main is accused as well',
        );
      },
    },
    '5',
    HANGS_MAIN,
  );
});

test(
  'copies of libraries, pools of workers, labels and payloads are told with the pool they belong to',
  BOUND,
  async () => {
    await expectPools({
      copies(report) {
        assert.deepEqual(
          [countsOf(report, 'copy4'), countsOf(report, 'copyTiny')],
          [
            [1, 0, 2, 1],
            [1, 0, 3, 1],
          ],
        );
        assertAccused(report, 'copy4');
        assertAccused(report, 'copyTiny');
      },
      nested(report) {
        const pool = poolOf(report, 'nested');
        assert.deepEqual(countsOf(report, 'nested'), [1, 0, 5, 1]);
        const worker = report.threads.find(({ threadId }) => threadId === pool.threadIds[0]);
        assert.ok(pool.ownerThreadId !== 0 && pool.ownerThreadId === worker?.parentThreadId);
        assertAccused(report, 'nested');
      },
      hostile(report) {
        const { oldestQueued, running } = poolOf(report, 'hostile');
        assert.equal(running[0]?.payload, null, 'it was handed to the worker');
        assert.match(oldestQueued?.payload ?? '', /^\{"list":\[1,\{"deep":"x"\}\],"password":"\*\*\*","text":"y+$/);
        assert.equal(oldestQueued?.payload?.length, 100);
      },
      labelled(report) {
        const { running, oldestQueued } = poolOf(report, 'labelled');
        assert.deepEqual(running[0]?.labels, { tenant: '17', job: 'invoices' });
        assert.deepEqual(oldestQueued?.labels, { tenant: '18' });
        assertAccused(report, 'labelled', 'park (tenant=17, job=invoices)');
      },
    });
  },
);

test('payloads are not shown without the option', BOUND, async () => {
  const without: Checks = {
    hostile(report) {
      assert.deepEqual(countsOf(report, 'hostile'), [1, 0, 1, 1]);
      assert.equal(poolOf(report, 'hostile').oldestQueued?.payload, null);
    },
  };
  await expectPools(without, '5', { GMR_TASK_PAYLOAD: '0' });
});

test('a queue of 100,000 tasks is counted to the last', BOUND, async () => {
  const counted: Checks = {
    many(report) {
      assert.deepEqual(countsOf(report, 'many'), [1, 0, 100_000, 1]);
      assertAccused(report, 'many');
    },
  };
  await expectPools(counted, '5', { GMR_DEADLINE_MS: '20000' });
});

test('the pool of a bundle is known by its tasks, and by its object where it is instrumented', BOUND, async () => {
  cpSync(join(ROOT, 'node_modules/piscina'), join(folder, 'vendored'), { recursive: true, dereference: true });
  const env = { PISCINA_COPY: pathToFileURL(join(folder, 'vendored/dist/index.js')).href };
  await expectPools(
    {
      extended: (report) =>
        assert.deepEqual([countsOf(report, 'extended'), poolOf(report, 'extended').limits], [[1, 0, 2, 1], null]),
      named(report) {
        assert.deepEqual(countsOf(report, 'named'), [1, 0, 2, 1]);
        assert.equal(poolOf(report, 'named').limits?.maxQueue, 100);
      },
    },
    'copy',
    env,
  );
  const asLastRead: Checks = {
    named(report) {
      const { limits, factsAgoMs, notKnown } = poolOf(report, 'named');
      assert.deepEqual([countsOf(report, 'named'), limits?.maxQueue], [[1, 0, 2, 1], 100]);
      assert.ok((factsAgoMs ?? 0) > 0, 'it was read earlier');
      assert.match(notKnown.join(), /its object: it is read between turns of its loop only/);
    },
  };
  await expectPools(asLastRead, 'copy', { ...env, ...HANGS_MAIN });
});
