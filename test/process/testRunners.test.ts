/** Runs of Vitest and of node:test whose tests hang: the report names the test file and the line. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Frame, Report } from '../../src/report/types.js';
import { assertValid } from '../harness/schema.js';
import { FIXTURES, ROOT, spawnFixture, type FixtureOptions } from '../harness/spawn.js';

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const VITEST_RUNS = join(FIXTURES, 'vitestRuns');
const NODE_RUNS = join(FIXTURES, 'nodeTest');
const WAIT_MS = 60_000;
const REPORTS_MOST = 6;
const isInstalled = { skip: existsSync(VITEST) ? false : 'vitest is not installed', timeout: 150_000 };

/** The report of the process that a hanging test runs in, which says so itself; the run is ended with it. */
async function reportOf(program: string, options: FixtureOptions): Promise<Report> {
  const scratch = mkdtempSync(join(tmpdir(), 'gmr-runners-'));
  const arrived = join(scratch, 'arrived');
  const fixture = spawnFixture(program, {
    ...options,
    env: { GMR_FORMAT: 'json', GMR_LOG_DIR: scratch, GMR_DEADLINE_MS: '5000', ARRIVED_FILE: arrived },
    timeoutMs: WAIT_MS,
  });
  let pid = 0;
  const shown = (): string => `${fixture.stdout}\n${fixture.stderr}`;
  try {
    pid = Number(await eventually(() => (existsSync(arrived) ? readFileSync(arrived, 'utf8') : null), shown));
    // A loop is stuck from a second on.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return await wholeReport(pid, scratch, shown);
  } finally {
    await fixture.stop();
    if (pid > 0 && pid !== fixture.pid) end(pid);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** On a crowded machine the time for places may run out before one was read: such a report says so, and another is asked for. */
async function wholeReport(pid: number, folder: string, shown: () => string): Promise<Report> {
  const read = new Set<string>();
  for (;;) {
    process.kill(pid, 'SIGUSR2');
    const isNew = (name: string): boolean => name.endsWith('.json') && !read.has(name);
    const file = await eventually(() => readdirSync(folder).find(isNew) ?? null, shown);
    read.add(file);
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Report;
    assertValid(report);
    const isWhole = report.tasks.groups.every(({ note }) => note?.includes('place not read') !== true);
    const isLate = report.report.notRead.some(({ what, why }) => what === 'tasks' && !why.includes('preload'));
    if ((isWhole && !isLate) || read.size >= REPORTS_MOST) return report;
  }
}

/** A test's own process, when the run left it behind. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

async function eventually(look: () => string | null, shown: () => string): Promise<string> {
  for (const until = performance.now() + WAIT_MS; performance.now() < until;) {
    const found = look();
    if (found !== null && found !== '') return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing came: ${shown()}`);
}

/** The place that a fixture marks, as a frame must have it. */
function marked(file: string, mark: string): Pick<Frame, 'file' | 'line' | 'sure' | 'source'> {
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(`// <- ${mark} here`));
  return { file, line: index + 1, sure: true, source: lines[index]?.trim() ?? null };
}

function placeOf(frame: Frame | null | undefined): Pick<Frame, 'file' | 'line' | 'sure' | 'source'> | null {
  if (frame === null || frame === undefined) return null;
  const { file, line, sure, source } = frame;
  return { file, line, sure, source };
}

function assertStuckAt(report: Report, file: string): void {
  const worst = report.verdicts.find(({ frame }) => frame?.file === file);
  assert.deepEqual(placeOf(worst?.frame), marked(file, 'hangs'), JSON.stringify(report.verdicts));
  // A crowded machine lets it run too little to be sure of more.
  assert.match(worst?.code ?? '', /^(thread-spinning|cpu-throttled)$/);
}

function assertWaitsAt(report: Report, file: string): void {
  const waits = report.tasks.groups.filter(({ type }) => type === 'await').map(({ awaitStack }) => awaitStack);
  const own = waits.map((stack) => stack.find((frame) => frame.file === file)).find((frame) => frame !== undefined);
  assert.deepEqual(placeOf(own), marked(file, 'waits'), JSON.stringify(report.tasks.groups));
}

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

for (const pool of ['threads', 'forks']) {
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

test('node --test: a file in an endless loop is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'spins.mjs');
  assertStuckAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS' }), file);
});

test('node --test: a file that awaits forever is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'awaits.mjs');
  assertWaitsAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS' }), file);
});
