/**
 * A process that ends while a report is taken, or right after one, ends at once, with its own code, and without a line of
 * Node's about a debugger. (Left out: a process that kills itself with `process.kill(process.pid, 'SIGTERM')` has Node's
 * own line printed, because Node then runs its exit hooks with the session still attached.)
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnFixture, type Exit, type Fixture } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-exit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A bound on a hang, not a time that is asked for. */
const HANGS_MS = 8000;
const INSPECTS = /^Debugger listening on .*\n|^For help, see: .*\n/gm;

const ENDS: Record<string, { exit: Exit; stdout: string; stderr: RegExp }> = {
  exit: { exit: { code: 3, signal: null }, stdout: 'exit 3\n', stderr: /^$/ },
  throw: {
    exit: { code: 1, signal: null },
    stdout: 'exit 1\n',
    stderr:
      /^\S+exits\.cjs:\d+\n {4}throw new Error\('thrown.*\n +\^\n\nError: thrown while a report is taken\n(?: +at .*\n)+\nNode\.js v[\d.]+\n$/,
  },
  SIGTERM: { exit: { code: null, signal: 'SIGTERM' }, stdout: 'now\n', stderr: /^$/ },
};

/** Reports go to files, so that stderr has what is not meant to be there, and nothing else. */
function start(way: string, ms: number | 'never', inspect: boolean): { fixture: Fixture; logDir: string } {
  const logDir = mkdtempSync(join(folder, 'log-'));
  const fixture = spawnFixture('exits.cjs', {
    args: [way, String(ms)],
    execArgv: inspect ? ['--inspect=0'] : [],
    env: { GMR_LOG_DIR: logDir, GMR_FORMAT: 'json' },
    timeoutMs: HANGS_MS,
  });
  return { fixture, logDir };
}

async function assertEnds(fixture: Fixture, way: string): Promise<void> {
  const expected = ENDS[way];
  assert.ok(expected !== undefined);
  assert.deepEqual(await fixture.exited(), expected.exit);
  assert.equal(fixture.stdout, expected.stdout);
  assert.match(fixture.stderr.replaceAll(INSPECTS, ''), expected.stderr);
}

async function untilReported(logDir: string): Promise<void> {
  const end = performance.now() + HANGS_MS;
  while (!readdirSync(logDir).some((name) => name.endsWith('.json'))) {
    assert.ok(performance.now() < end, 'no report');
    await delay(2);
  }
}

for (const inspect of [false, true]) {
  describe(`a process${inspect ? ' under --inspect' : ''} with four spinning workers`, () => {
    for (const way of ['exit', 'throw', 'SIGTERM']) {
      for (const ms of [5, 60, 120, 300]) {
        test(`ends by ${way} ${ms} ms after a report was asked for`, { timeout: 20_000 }, async () => {
          const { fixture } = start(way, ms, inspect);
          try {
            if (way === 'SIGTERM') {
              await fixture.line(/^now$/);
              fixture.signal('SIGTERM');
            }
            await assertEnds(fixture, way);
          } finally {
            await fixture.stop();
          }
        });
      }
    }

    test('ends by SIGTERM right after a report', { timeout: 20_000 }, async () => {
      const { fixture, logDir } = start('SIGTERM', 'never', inspect);
      try {
        await untilReported(logDir);
        fixture.signal('SIGTERM');
        assert.deepEqual(await fixture.exited(), { code: null, signal: 'SIGTERM' });
        assert.equal(fixture.stderr.replaceAll(INSPECTS, ''), '');
      } finally {
        await fixture.stop();
      }
    });

    test('ends by process.exit() right after a report', { timeout: 20_000 }, async () => {
      const fixture = exitsAfterReport(inspect);
      try {
        assert.deepEqual(await fixture.exited(), { code: 3, signal: null });
        assert.equal(fixture.stdout, 'read 5 threads\n');
        assert.equal(fixture.stderr.replaceAll(INSPECTS, ''), '');
      } finally {
        await fixture.stop();
      }
    });
  });
}

function exitsAfterReport(inspect: boolean): Fixture {
  const code = `
    import { Worker } from 'node:worker_threads';
    import { writeSync } from 'node:fs';
    import { report } from ${JSON.stringify(`file://${process.cwd()}/dist/index.js`)};
    for (let count = 0; count < 4; count++) new Worker('for (;;);', { eval: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { threads } = await report();
    writeSync(1, \`read \${threads.length} threads\\n\`);
    process.exit(3);`;
  return spawnFixture(code, { inputType: 'module', execArgv: inspect ? ['--inspect=0'] : [], timeoutMs: HANGS_MS });
}
