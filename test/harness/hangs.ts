/** Runs `fixtures/hangs.cjs` and finds its threads in the report: the first `place:way` of a worker has thread id 2. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report, ThreadReport } from '../../src/report/types.js';
import { FIXTURES, spawnFixture, assertQuiet, type FixtureOptions } from './spawn.js';

/** The deadline, and what a machine without time may add, in ms: a bound on a wait. What it costs is `bench/`'s to say. */
export const LATEST_MS = 1000 + 2000;

/** Starts the hangs, lets them last until they count as such, sends SIGUSR2, and gives the report. */
export async function reportOfHangs(hangs: readonly string[], options: FixtureOptions = {}): Promise<Report> {
  const fixture = spawnFixture('hangs.cjs', { args: hangs, ...options, env: { GMR_FORMAT: 'json', ...options.env } });
  try {
    await fixture.ready();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    return report;
  } finally {
    await fixture.stop();
  }
}

/** The thread with this id, which must be in the report exactly once. */
export function threadOf(report: Report, threadId: number): ThreadReport {
  const found = report.threads.filter((thread) => thread.threadId === threadId);
  const [thread] = found;
  assert.ok(
    thread !== undefined && found.length === 1,
    `thread ${threadId} of ${JSON.stringify(report.threads.map((one) => one.threadId))}`,
  );
  return thread;
}

/** The innermost function of a fixture in a thread's stack, and its line. */
export function placeIn(thread: ThreadReport, fixture: string): { function: string; line: number | null } | null {
  const frame = thread.stack.find(({ file }) => file === join(FIXTURES, fixture));
  return frame === undefined ? null : { function: frame.function, line: frame.line };
}

/** Where a text stands in a fixture, from 1. */
export function lineOf(fixture: string, text: string): number {
  const lines = readFileSync(join(FIXTURES, fixture), 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(text));
  assert.notEqual(at, -1, `${fixture} has no line with ${text}`);
  return at + 1;
}
