/**
 * Programs that are hard to look at: the report comes, is right or says what it leaves out, and the program sees no
 * difference. Each is run without us, and with us while a report is taken of it, healthy and hung.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Report, TaskGroup } from '../../src/report/types.js';
import { LATEST_MS, lineOf } from './hangs.js';
import { assertQuiet, FIXTURES, spawnFixture, type Fixture } from './spawn.js';

const PROGRAM = join(FIXTURES, 'hostile.cjs');
type State = 'healthy' | 'hung';

function start(way: string, state: State, preload: 'require' | 'none'): Fixture {
  return spawnFixture(PROGRAM, {
    args: [way, state],
    execArgv: ['--stack-size=3000'],
    env: { GMR_FORMAT: 'json' },
    preload,
    timeoutMs: 30_000,
  });
}

/** What the program printed when it was done; `whileReady` runs in between. */
async function outcomeOf<Result>(
  fixture: Fixture,
  state: State,
  whileReady: () => Promise<Result>,
): Promise<{ seen: unknown; result: Result }> {
  try {
    await fixture.ready();
    const whileHealthy = await whileReady();
    fixture.signal('SIGHUP');
    if (state === 'hung') await fixture.line(/^hung$/);
    const result = state === 'hung' ? await whileReady() : whileHealthy;
    assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
    return { seen: JSON.parse(fixture.stdout.trim().split('\n').at(-1) ?? ''), result };
  } finally {
    await fixture.stop();
  }
}

/** Runs the program without us and with us, checks that it saw the same, and gives the report. */
async function reportOf(way: string, state: State): Promise<Report> {
  const bare = start(way, state, 'none');
  const ours = start(way, state, 'require');
  const [expected, { seen, result }] = await Promise.all([
    outcomeOf(bare, state, () => Promise.resolve()),
    outcomeOf(ours, state, () => {
      ours.signal('SIGUSR2');
      return ours.report();
    }),
  ]);
  assert.deepEqual(seen, expected.seen);
  assertQuiet(ours.stderr);
  return result;
}

function countAt(report: Report, name: string, text: string): number {
  const line = lineOf('hostile.cjs', text) + 1;
  const isThere = ({ awaitStack: [place] }: TaskGroup): boolean => place?.function === name && place.line === line;
  return report.tasks.groups.filter(isThere).reduce((sum, { count }) => sum + count, 0);
}

const WAITS = ['waits', 'async function waits()'] as const;
const WAYS = [
  'ordinary',
  'prepareThrows',
  'prepareSlow',
  'frozenError',
  'noStacks',
  'noLimit',
  'patchedThen',
  'species',
  'thenables',
  'resources',
  'fakeTimers',
  'hugeNames',
  'deepStack',
  'deepAwaits',
];

/** The tests of all programs in one state; each state has a file of its own, for the bound of a file's run. */
export function testHostilePrograms(state: State): void {
  describe(`a ${state} program sees no difference, and its tasks are told`, { concurrency: 1 }, () => {
    for (const way of WAYS) {
      test(way, { timeout: 60_000 }, async () => {
        const report = await reportOf(way, state);
        // On a machine that has other work the time for places may run out, and the report says so.
        const isCut = report.report.notRead.some(({ why }) => why.includes('limit of 100 ms'));
        if (!isCut) assert.equal(countAt(report, ...WAITS), 5, JSON.stringify(report.report.notRead));
        const timers = report.tasks.groups.filter(
          ({ type, createdAt }) => type === 'Timeout' && createdAt.some(({ file }) => file === PROGRAM),
        );
        assert.ok(timers.length > 0, 'creation stacks');
        const [main] = report.threads;
        assert.equal(main?.readBy, state === 'hung' ? 'inspector' : 'port');
        if (state === 'hung') assert.ok(main?.stack.slice(0, 2).some((frame) => frame.function === 'busyUntil'));
        if (way === 'hugeNames') assert.ok(JSON.stringify(report).length < 1_000_000);
      });
    }

    test('100,000 pending tasks: all are counted, or a line says why not, in time', { timeout: 90_000 }, async () => {
      const report = await reportOf('manyTasks', state);
      const { groups, pending } = report.tasks;
      const counted = groups.reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted, pending);
      const isLeftOut = report.report.notRead.some(({ threadId, what }) => threadId === 0 && what === 'tasks');
      assert.ok(counted >= 100_000 || isLeftOut, `${counted}: ${JSON.stringify(report.report.notRead)}`);
      assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs} ms`);
    });
  });
}
