import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { attachClient, breakAt } from '../harness/debugger.js';
import { assertQuiet, FIXTURES, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const HANGS = `setTimeout(function hang() { for (;;); }, 400); console.log('ready');`;
const HANGS_FOR_A_WHILE = `setTimeout(function hang() { const end = Date.now() + 3500; while (Date.now() < end); }, 400);
  setInterval(() => {}, 1000); console.log('ready');`;
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;

async function using(code: string, options: FixtureOptions, check: (fixture: Fixture) => Promise<void>): Promise<void> {
  const fixture = spawnFixture(code, { timeoutMs: 15_000, ...options, env: { GMR_FORMAT: 'json', ...options.env } });
  try {
    await fixture.ready();
    await check(fixture);
  } finally {
    await fixture.stop();
  }
}

test(
  'the watchdog reports a hung main by itself, once, and says when it turns again',
  { timeout: 30_000 },
  async () => {
    await using(HANGS_FOR_A_WHILE, { env: { GMR_WATCHDOG_MS: '1000' } }, async (fixture) => {
      const report = await fixture.report();
      assert.equal(report.report.trigger.kind, 'watchdog');
      assert.equal(report.threads[0]?.state, 'spinning');
      assert.equal(report.verdicts[0]?.frame?.function, 'hang');
      await fixture.line(/main turns its loop again after \d/);
      assert.equal(fixture.stderr.split('"formatVersion"').length, 2);
      assertQuiet(fixture.stderr);
    });
  },
);

/** Bounds of the watchdog in these tests: one look at a parked worker comes before its next task. */
const PARKED = { GMR_WATCHDOG_MS: '1000', GMR_WATCHDOG_INTERVAL_MS: '2000' };

/** A pool of one worker, which its pool parks for `idleMs` before it gets the task `then`. */
function poolOf(then: string | null, idleMs: number): string {
  return `const { Piscina } = require('piscina');
    const pool = new Piscina({ filename: ${JSON.stringify(join(FIXTURES, 'piscinaWorker.cjs'))}, minThreads: 1, maxThreads: 1 });
    pool.run({}, { name: 'quick' }).then(() => {
      console.log('ready');
      setTimeout(() => { console.log('submitted'); ${then === null ? '' : `pool.run({}, { name: '${then}' }).catch(() => {})`} }, ${idleMs});
      setInterval(() => {}, 1e6);
    });`;
}

for (const [task, state] of [
  ['child', 'native-wait'],
  ['park', 'atomics-wait'],
] as const) {
  test(
    `the watchdog reports a pool worker that was parked, and whose next task then blocks in ${state}`,
    { timeout: 60_000, skip: process.platform !== 'linux' },
    async () => {
      await using(poolOf(task, 4000), { env: PARKED, timeoutMs: 30_000 }, async (fixture) => {
        await fixture.line(/^submitted$/);
        assert.doesNotMatch(fixture.stderr, /"formatVersion"/, 'a parked worker is no alarm');
        const report = await fixture.report();
        assert.equal(report.report.trigger.kind, 'watchdog');
        const worker = report.threads.find(({ role }) => role === 'worker');
        assert.equal(worker?.state, state);
        assert.ok(report.verdicts.some(({ threadId }) => threadId === worker?.threadId));
      });
    },
  );
}

test('the watchdog says nothing of a pool that works now and then', { timeout: 60_000 }, async () => {
  const code = `${poolOf(null, 0)}
    setInterval(() => pool.run({}, { name: 'quick' }), 1700)`;
  await using(code, { env: PARKED }, async (fixture) => {
    await new Promise((resolve) => setTimeout(resolve, 9000));
    assert.equal(fixture.stderr, '');
  });
});

test('a process that was stopped and continued is no hang for the watchdog', { timeout: 30_000 }, async () => {
  await using(TURNS, { env: { GMR_WATCHDOG_MS: '1000' } }, async (fixture) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    fixture.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    fixture.signal('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(fixture.stderr, '');
  });
});

test(
  "a debugger's breakpoint is no hang: the watchdog is silent, and a report raises no alarm",
  { timeout: 40_000 },
  async () => {
    const stops = `globalThis.handler = function handler() { debugger; return 1; }; ${TURNS}`;
    const execArgv = ['--inspect=127.0.0.1:0'];
    await using(stops, { execArgv, env: { GMR_WATCHDOG_MS: '1000' } }, async (fixture) => {
      const client = await attachClient(fixture);
      try {
        await breakAt(client, 'handler()');
        await new Promise((resolve) => setTimeout(resolve, 3000));
        assert.doesNotMatch(fixture.stderr, /"formatVersion"/);
        fixture.signal('SIGUSR2');
        const report = await fixture.report();
        assert.equal(report.report.trigger.kind, 'signal');
        assert.equal(report.threads[0]?.stack[0]?.function, 'handler');
        assert.deepEqual([report.threads[0]?.state, report.verdicts], ['unknown', []]);
      } finally {
        client.close();
      }
    });
  },
);

test('a signal that comes as soon as a report is out brings another one', { timeout: 60_000 }, async () => {
  await using(TURNS, {}, async (fixture) => {
    for (let count = 0; count < 40; count++) {
      fixture.signal('SIGUSR2');
      assert.equal((await fixture.report()).report.trigger.kind, 'signal');
    }
  });
});

test('a crash is reported with its exception, and ends the process as before', { timeout: 30_000 }, async () => {
  const code = `setTimeout(function boom() { throw new Error('kaboom'); }, 700); console.log('ready');`;
  await using(code, { env: { GMR_ON_CRASH: '1' } }, async (fixture) => {
    const report = await fixture.report();
    assert.deepEqual(report.report.trigger, { kind: 'crash', detail: 'kaboom' });
    assert.match(JSON.stringify(report.sections), /boom/);
    assert.equal(report.threads[0]?.state, 'idle');
    assert.match(report.threads[0]?.evidence.join('\n') ?? '', /held by this report.*section Crash/);
    assert.deepEqual(report.verdicts, []);
    assert.deepEqual(await fixture.exited(), { code: 1, signal: null });
  });
});

test('a crash while another report is taken gets its report all the same', { timeout: 30_000 }, async () => {
  const code = `const { Worker } = require('node:worker_threads');
    new Worker('for (;;);', { eval: true }); console.log('ready');
    setTimeout(() => { process.kill(process.pid, 'SIGUSR2'); setTimeout(() => { throw new Error('kaboom'); }, 30); }, 1500);`;
  await using(code, { env: { GMR_ON_CRASH: '1' } }, async (fixture) => {
    let { report } = await fixture.report();
    while (report.trigger.kind !== 'crash') ({ report } = await fixture.report());
    assert.equal(report.trigger.detail, 'kaboom');
    assert.deepEqual(await fixture.exited(), { code: 1, signal: null });
  });
});

test('a stop signal reports first and stops then, with main healthy', { timeout: 30_000 }, async () => {
  await using(TURNS, { env: { GMR_SIGNAL: 'SIGUSR2,SIGTERM' } }, async (fixture) => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    fixture.signal('SIGTERM');
    assert.equal((await fixture.report()).report.trigger.kind, 'stop');
    assert.deepEqual(await fixture.exited(), { code: null, signal: 'SIGTERM' });
  });
});

test('a stop signal ends a process whose main hangs, after the report', { timeout: 30_000 }, async () => {
  await using(HANGS, { env: { GMR_SIGNAL: 'SIGUSR2,SIGTERM' } }, async (fixture) => {
    await new Promise((resolve) => setTimeout(resolve, 1800));
    fixture.signal('SIGTERM');
    const report = await fixture.report();
    assert.equal(report.threads[0]?.state, 'spinning');
    assert.deepEqual(await fixture.exited(), { code: null, signal: 'SIGKILL' });
  });
});
