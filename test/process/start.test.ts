/** What asks for a report in the first moments of a process, before the sentinel is there to see or hear it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { assertQuiet, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

async function using(fixture: Fixture, use: (fixture: Fixture) => Promise<void>): Promise<void> {
  try {
    await use(fixture);
    assertQuiet(fixture.stderr);
  } finally {
    await fixture.stop();
  }
}

function starts(args: readonly string[], options: FixtureOptions = {}): Fixture {
  return spawnFixture('starts.cjs', { args, ...options, env: { GMR_FORMAT: 'json', ...options.env } });
}

function assertOfHang({ report, threads }: Report): void {
  assert.deepEqual(report.trigger, { kind: 'signal', detail: 'SIGUSR2' });
  assert.equal(report.collectedBy, 'sentinel');
  assert.equal(threads[0]?.stack[0]?.function, 'hang');
}

test(
  'a main that hears the signal before the sentinel does, and hangs then, leaves its report to the sentinel',
  { timeout: 30_000 },
  async () => {
    await using(starts(['turned', 'signals']), async (fixture) => {
      assertOfHang(await fixture.report());
      // The next one is heard by the sentinel alone, and is another report.
      fixture.signal('SIGUSR2');
      assertOfHang(await fixture.report());
    });
  },
);
