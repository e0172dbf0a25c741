/** Every kind of thread, read by the lane that can reach it, with main healthy and with main hung. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lane, Report, ThreadReport, ThreadState } from '../../src/report/types.js';
import { LATEST_MS, lineOf, placeIn, reportOfHangs, threadOf } from '../harness/hangs.js';
import { assertQuiet, spawnFixture } from '../harness/spawn.js';

const HANGS = 'hangs.cjs';
const WHERE = { spin: 'for (;;);', regex: '(a+)+$', park: 'Atomics.wait', execSync: "execSync('sleep" } as const;
/** A machine with too few CPUs for all that spins takes the time away from some of it, and the report says so. */
const ON_CPU: readonly ThreadState[] = ['spinning', 'throttled'];

interface Expected {
  states: readonly ThreadState[];
  instrumented: boolean;
  parentThreadId: number | null;
}

const INHERITED: Expected = { states: ON_CPU, instrumented: true, parentThreadId: 0 };

function assertReadIn(thread: ThreadReport, way: keyof typeof WHERE, expected: Expected): void {
  assert.deepEqual(placeIn(thread, HANGS), { function: way, line: lineOf(HANGS, WHERE[way]) });
  assert.equal(thread.readBy, 'inspector');
  assert.equal(thread.role, 'worker');
  assert.ok(expected.states.includes(thread.state), `${way} is ${thread.state}: ${thread.evidence.join('; ')}`);
  assert.equal(thread.instrumented, expected.instrumented);
  assert.equal(thread.parentThreadId, expected.parentThreadId);
}

/** A healthy loop answers its port; on a machine that is out of CPUs the inspector may have been quicker. */
function assertIdle(thread: ThreadReport): void {
  assert.equal(thread.state, 'idle', thread.evidence.join('; '));
  assert.ok((['port', 'inspector'] as Lane[]).includes(thread.readBy), thread.readBy);
  assert.deepEqual(thread.stack, []);
}

function assertNotRead(report: Report, threadId: number, why: RegExp): void {
  const thread = threadOf(report, threadId);
  assert.equal(thread.readBy, 'kernel');
  assert.deepEqual(thread.stack, []);
  const lines = report.report.notRead.filter((line) => line.threadId === threadId && line.what === 'stack');
  assert.equal(lines.length, 1, JSON.stringify(report.report.notRead));
  assert.match(lines[0]?.why ?? '', why);
}

function assertInTime(report: Report): void {
  assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs} ms`);
}

test('a spinning, a regex-bound, a parked and an idle worker are told apart', { timeout: 30_000 }, async () => {
  const report = await reportOfHangs(['worker:spin', 'worker:regex', 'worker:park', 'worker:idle']);
  assert.equal(report.report.collectedBy, 'main');
  assert.deepEqual(report.threads.map((thread) => thread.threadId).sort(), [0, 2, 3, 4, 5]);
  assertReadIn(threadOf(report, 2), 'spin', INHERITED);
  assertReadIn(threadOf(report, 3), 'regex', INHERITED);
  assertReadIn(threadOf(report, 4), 'park', { ...INHERITED, states: ['atomics-wait'] });
  assertIdle(threadOf(report, 5));
  assert.ok(report.verdicts.some(({ code, threadId }) => code === 'thread-atomics-wait' && threadId === 4));
  assertInTime(report);
});

test('nested workers and workers without the preload are read by inspector', { timeout: 30_000 }, async () => {
  const report = await reportOfHangs(['worker:nested', 'bare:park', 'bare:idle', 'bare:spin']);
  const nested = report.threads.filter((thread) => thread.parentThreadId === 2);
  assert.equal(nested.length, 1);
  assertReadIn(nested[0] as ThreadReport, 'spin', { ...INHERITED, parentThreadId: 2 });
  assertReadIn(threadOf(report, 3), 'park', { ...INHERITED, states: ['atomics-wait'], instrumented: false });
  assertReadIn(threadOf(report, 5), 'spin', { ...INHERITED, instrumented: false });
  assert.equal(threadOf(report, 4).readBy, 'inspector');
  assert.equal(threadOf(report, 4).instrumented, false);
  for (const threadId of [3, 4, 5]) {
    const line = report.report.notRead.find((candidate) => candidate.threadId === threadId);
    assert.match(line?.why ?? '', /does not have the preload|did not list them in time|is asked for its stack only/);
  }
});

test('workers in native calls are listed as not read, with why', { timeout: 30_000 }, async () => {
  const report = await reportOfHangs(['worker:execSync', 'worker:pbkdf2', 'worker:idle']);
  assert.equal(report.report.complete, false);
  assertNotRead(report, 2, /native call/);
  assertNotRead(report, 3, /native call/);
  assert.equal(threadOf(report, 2).state, 'native-wait');
  assert.ok(['native-cpu', 'throttled'].includes(threadOf(report, 3).state), threadOf(report, 3).state);
  assertIdle(threadOf(report, 4));
  assertInTime(report);
});

test('idle Piscina workers are idle and raise no alarm, the hung ones do', { timeout: 30_000 }, async () => {
  const fixture = spawnFixture('piscina.mjs', { env: { GMR_FORMAT: 'json' } });
  try {
    await fixture.ready();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    const workers = report.threads.filter((thread) => thread.role === 'worker');
    assert.equal(workers.length, 4);
    const idle = workers.filter((thread) => thread.state === 'idle');
    assert.equal(idle.length, 2, JSON.stringify(workers.map((thread) => [thread.threadId, thread.state])));
    for (const thread of idle) assert.equal(thread.readBy, 'inspector');
    const endless = workers.find((thread) => placeIn(thread, 'piscinaWorker.cjs') !== null) as ThreadReport;
    assert.deepEqual(placeIn(endless, 'piscinaWorker.cjs'), {
      function: 'endless',
      line: lineOf('piscinaWorker.cjs', 'for (;;);'),
    });
    const alarmed = new Set(report.verdicts.map((verdict) => verdict.threadId));
    assert.ok(idle.every((thread) => !alarmed.has(thread.threadId)));
    assert.ok(ON_CPU.includes(endless.state), endless.state);
  } finally {
    await fixture.stop();
  }
});

for (const [way, states] of [
  ['spin', [...ON_CPU]],
  ['park', ['atomics-wait']],
] as const) {
  test(`with main hung in ${way} the sentinel reports everybody in time`, { timeout: 30_000 }, async () => {
    const report = await reportOfHangs([`main:${way}`, 'worker:idle', 'worker:park', 'bare:park']);
    assert.equal(report.report.collectedBy, 'sentinel');
    const main = threadOf(report, 0);
    assert.equal(main.role, 'main');
    assert.equal(main.readBy, 'inspector');
    assert.deepEqual(placeIn(main, HANGS), { function: way, line: lineOf(HANGS, WHERE[way]) });
    assert.ok((states as readonly ThreadState[]).includes(main.state), `${main.state}: ${main.evidence.join('; ')}`);
    assertIdle(threadOf(report, 2));
    assertReadIn(threadOf(report, 3), 'park', { ...INHERITED, states: ['atomics-wait'] });
    assertReadIn(threadOf(report, 4), 'park', { ...INHERITED, states: ['atomics-wait'], instrumented: false });
    assertInTime(report);
  });
}

test(
  'with main in execSync healthy workers still answer, and the rest is said not to be read',
  { timeout: 30_000 },
  async () => {
    const report = await reportOfHangs(['main:execSync', 'worker:idle', 'worker:park']);
    assert.equal(report.report.collectedBy, 'sentinel');
    assertNotRead(report, 0, /native call/);
    assert.equal(threadOf(report, 0).state, 'native-wait');
    assert.equal(threadOf(report, 2).readBy, 'port');
    assert.equal(threadOf(report, 2).state, 'idle');
    assertNotRead(report, 3, /inspector did not reach it/);
    assert.ok(
      report.report.notRead.some(({ threadId, why }) => threadId === null && /main is inside native code/.test(why)),
    );
    assertInTime(report);
  },
);
