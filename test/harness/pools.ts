/** Runs `fixtures/pools.mjs`, and looks at its pools until each has said what it should. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { PoolReport, Report, Verdict } from '../../src/report/types.js';
import { spawnFixture } from './spawn.js';

/** A machine that is out of CPUs makes reports late, and reads some threads by the kernel only: then another is taken. */
const REPORTS_MAX = 12;

export const folder = mkdtempSync(join(tmpdir(), 'gmr-pools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What must be true of each scenario, by its name. */
export type Checks = Record<string, (report: Report) => void>;

/** Runs all scenarios in one process, and takes reports until every check has passed with one of them. */
export async function expectPools(checks: Checks, library = '5', env: Record<string, string> = {}): Promise<void> {
  const fixture = spawnFixture('pools.mjs', {
    args: [Object.keys(checks).join(','), library],
    env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '4000', GMR_TASK_PAYLOAD: '100', POOLS_FOLDER: folder, ...env },
    timeoutMs: 60_000,
  });
  try {
    await fixture.ready();
    let left = Object.entries(checks);
    for (let round = 1; left.length > 0; round++) {
      await new Promise((resolve) => setTimeout(resolve, 1200));
      fixture.signal('SIGUSR2');
      left = failing(left, await fixture.report(), round === REPORTS_MAX);
    }
  } finally {
    await fixture.stop();
  }
}

function failing(checks: [string, (report: Report) => void][], report: Report, isLast: boolean): typeof checks {
  return checks.filter(([, check]) => {
    try {
      check(report);
      return false;
    } catch (error) {
      if (isLast) throw error;
      return true;
    }
  });
}

/** The one pool of this name. */
export function poolOf(report: Report, name: string): PoolReport {
  const found = report.pools.filter((pool) => pool.name === name);
  const [pool] = found;
  assert.ok(pool !== undefined && found.length === 1, `${name} of ${report.pools.map((one) => one.name).join()}`);
  return pool;
}

/** Its workers that are busy and idle, its queue, and its workers in all. */
export function countsOf(report: Report, name: string): number[] {
  const { busy, idle, queued, threadIds } = poolOf(report, name);
  return [busy, idle, queued, threadIds.length];
}

/** The hung worker's verdict names its pool, its frame, its task, and who submitted it. */
export function assertAccused(report: Report, name: string, task = 'park'): void {
  const { text } = verdictOn(report, name);
  assert.ok(text.includes(`of pool ${name} sits in Atomics.wait for`), text);
  assert.ok(text.includes('in park  test/fixtures/poolsWorker.cjs:4, '), text);
  assert.ok(text.includes(`running ${task}, submitted by submit  test/fixtures/pools.mjs:`), text);
}

/** On the pool's first worker. */
export function verdictOn(report: Report, name: string): Verdict {
  const [threadId] = poolOf(report, name).threadIds;
  const found = report.verdicts.find((verdict) => verdict.threadId === threadId && verdict.code !== 'deadlock');
  assert.ok(found !== undefined, `thread ${threadId} has a verdict`);
  return found;
}

/** Neither the pool nor its workers are accused of anything. */
export function assertHealthy(report: Report, name: string): void {
  const { threadIds } = poolOf(report, name);
  const accusing = report.verdicts.filter(
    ({ text, threadId }) => text.includes(`pool ${name}`) || threadIds.includes(threadId ?? -1),
  );
  assert.deepEqual(
    accusing.map(({ text }) => text),
    [],
  );
}
