/** Runs of test runners whose tests hang, and what the report must say of them. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Report } from '../../src/report/types.js';
import { assertValid } from './schema.js';
import { spawnFixture, type FixtureOptions } from './spawn.js';

const WAIT_MS = 40_000;
const REPORTS_MOST = 6;

/** The report of the process that a hanging test runs in, which says so itself; the run is ended with it. */
export async function reportOf(program: string, options: FixtureOptions): Promise<Report> {
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

/** The first verdict on this file names the line that its source marks with `hangs here`. */
export function assertStuckAt(report: Report, file: string): void {
  const worst = report.verdicts.find(({ frame }) => frame?.file === file);
  assert.deepEqual(placeOf(worst?.frame), marked(file, 'hangs'), JSON.stringify(report.verdicts));
  // A crowded machine lets it run too little to be sure of more.
  assert.match(worst?.code ?? '', /^(thread-spinning|cpu-throttled)$/);
}

/** A task waits in the line of this file that its source marks with `waits here`. */
export function assertWaitsAt(report: Report, file: string): void {
  const waits = report.tasks.groups.filter(({ type }) => type === 'await').map(({ awaitStack }) => awaitStack);
  const own = waits.map((stack) => stack.find((frame) => frame.file === file)).find((frame) => frame !== undefined);
  assert.deepEqual(placeOf(own), marked(file, 'waits'), JSON.stringify(report.tasks.groups));
}
