/** Runs of Vitest whose tests hang: the report names the test, its file and the line. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { FIXTURES, ROOT } from './spawn.js';
import { assertStuckAt, assertWaitsAt, reportOf } from './testRuns.js';

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const VITEST_RUNS = join(FIXTURES, 'vitestRuns');
const isInstalled = { skip: existsSync(VITEST) ? false : 'vitest is not installed', timeout: 100_000 };

function assertRunning(report: Report, title: string, file: string): void {
  const tasks = report.pools.filter(({ kind }) => kind === 'vitest').flatMap(({ running }) => running);
  assert.deepEqual(
    tasks.map(({ task, file: of }) => [task, of]),
    [[title, file]],
  );
}

function vitest(pool: string, spec: string, ...more: string[]): Promise<Report> {
  const args = ['run', '--root', VITEST_RUNS, `--pool=${pool}`, '--globals', '--no-cache', ...more, spec];
  return reportOf(VITEST, { args, preload: more.length === 0 ? 'NODE_OPTIONS' : 'none' });
}

/** Declares the tests of this kind of pool. */
export function testVitestWith(pool: 'threads' | 'forks'): void {
  test(`Vitest with ${pool}: a test that awaits forever is named with its file and line`, isInstalled, async () => {
    const file = join(VITEST_RUNS, 'awaits.spec.ts');
    const report = await vitest(pool, 'awaits');
    assertWaitsAt(report, file);
    assertRunning(report, 'asks', file);
  });

  test(`Vitest with ${pool}: a test in an endless loop is named with its file and line`, isInstalled, async () => {
    const file = join(VITEST_RUNS, 'spins.spec.ts');
    const report = await vitest(pool, 'spins');
    assertStuckAt(report, file);
    assertRunning(report, 'lays out', file);
  });

  test(
    `Vitest with ${pool}: a hung worker of a test is named, and the test that waits for it`,
    isInstalled,
    async () => {
      const report = await vitest(pool, 'worker');
      assertStuckAt(report, join(VITEST_RUNS, 'spin.cjs'));
      assertWaitsAt(report, join(VITEST_RUNS, 'worker.spec.ts'));
    },
  );

  test(`Vitest with ${pool}: the hung task of a test's pool is named, and who submitted it`, isInstalled, async () => {
    const report = await vitest(pool, 'pool');
    const spec = join(VITEST_RUNS, 'pool.spec.ts');
    assertStuckAt(report, join(VITEST_RUNS, 'poolTask.cjs'));
    assertWaitsAt(report, spec);
    const tasks = report.pools.filter(({ kind }) => kind === 'piscina').flatMap(({ running }) => running);
    assert.deepEqual(
      tasks.map(({ task }) => task),
      ['endless'],
    );
    const submitter = tasks[0]?.submittedAt.find(({ file }) => file === spec);
    assert.match(submitter?.source ?? '', /pool\.run\(\{\}, \{ name: 'endless' \}\)/);
  });

  test(`Vitest with ${pool}: set up by its configuration alone it tells the same`, isInstalled, async () => {
    const file = join(VITEST_RUNS, 'spins.spec.ts');
    const report = await vitest(pool, 'spins', '--config', join(VITEST_RUNS, 'setup.config.mjs'));
    assertStuckAt(report, file);
    assertRunning(report, 'lays out', file);
  });
}
