/** Stop signals (`GMR_SIGNAL=SIGTERM`): a report first, then what the process does; and who does not stop says why. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { untilInstalled } from '../harness/installed.js';
import { assertQuiet, spawnFixture, type Fixture } from '../harness/spawn.js';

const STAYS = `setInterval(function tick() {}, 1000);`;
const READY = `console.log('ready');`;
const STOP = { GMR_SIGNAL: 'SIGUSR2,SIGTERM', GMR_FORMAT: 'json' };

async function using(code: string, use: (fixture: Fixture) => Promise<void>, env = {}): Promise<void> {
  const fixture = spawnFixture(code, { timeoutMs: 20_000, env: { ...STOP, ...env } });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await use(fixture);
  } finally {
    await fixture.stop();
  }
}

const ENDS = {
  'ends it at once': [`process.on('SIGTERM', () => process.exit(7));`, { code: 7, signal: null }],
  'cleans up and raises it again': [
    `process.once('SIGTERM', () => process.kill(process.pid, 'SIGTERM'));`,
    { code: null, signal: 'SIGTERM' },
  ],
  'lets everything go': [`process.on('SIGTERM', () => clearInterval(staying));`, { code: 0, signal: null }],
} as const;

for (const [what, [listener, exit]] of Object.entries(ENDS)) {
  test(`a listener of the application that ${what} does so after one report`, { timeout: 60_000 }, async () => {
    await using(`const staying = ${STAYS} ${listener} ${READY}`, async (fixture) => {
      fixture.signal('SIGTERM');
      const report = await fixture.report();
      assert.deepEqual(report.report.trigger, { kind: 'stop', detail: 'SIGTERM' });
      assert.ok(report.threads.some((thread) => thread.threadId === 0 && thread.readBy !== 'none'));
      assert.deepEqual(await fixture.exited(), exit, fixture.stderr);
      assert.equal(fixture.stderr.split('"formatVersion"').length, 2);
      assertQuiet(fixture.stderr);
    });
  });
}

test('a report that is under way when the stop signal comes is not cut off', { timeout: 60_000 }, async () => {
  const logDir = mkdtempSync(join(tmpdir(), 'gmr-stop-'));
  const worker = `new (require('node:worker_threads').Worker)('for (;;);', { eval: true }).on('online', () => ${READY.slice(0, -1)});`;
  try {
    await using(
      `${STAYS} ${worker}`,
      async (fixture) => {
        fixture.signal('SIGUSR2');
        fixture.signal('SIGTERM');
        await fixture.exited();
        const names = readdirSync(logDir);
        assert.ok(names.length >= 1 && names.every((name) => name.endsWith('.json')), String(names));
        for (const name of names) {
          const { threads } = JSON.parse(readFileSync(join(logDir, name), 'utf8')) as Report;
          assert.equal(threads.length, 2);
        }
      },
      { GMR_LOG_DIR: logDir },
    );
  } finally {
    rmSync(logDir, { recursive: true });
  }
});

test('a process that is still alive after a stop signal says what keeps it alive', { timeout: 60_000 }, async () => {
  const code = `process.on('SIGTERM', () => {}); require('node:net').createServer().listen(0);
    new (require('node:worker_threads').Worker)('setInterval(() => {}, 1e6)', { eval: true }); ${STAYS} ${READY}`;
  await using(code, async (fixture) => {
    fixture.signal('SIGTERM');
    assert.equal((await fixture.report()).report.trigger.detail, 'SIGTERM');
    const second = await fixture.report();
    assert.deepEqual(second.report.trigger, { kind: 'stop', detail: 'SIGTERM, still alive 5 s later' });
    const [section] = second.sections;
    assert.equal(section?.title, 'Kept Alive By');
    const said = JSON.stringify(section?.data);
    assert.match(said, /TCPSERVERWRAP/);
    assert.match(said, /Timeout/);
    assert.match(said, /"workers":\["\d+ /);
    assertQuiet(fixture.stderr);
  });
});

test(
  'a main that hangs in its own listener is told of as what keeps the process alive',
  { timeout: 60_000 },
  async () => {
    await using(`process.on('SIGTERM', function stuck() { for (;;); }); ${STAYS} ${READY}`, async (fixture) => {
      fixture.signal('SIGTERM');
      let report = await fixture.report();
      while (!report.report.trigger.detail.includes('still alive')) report = await fixture.report();
      assert.equal(report.report.collectedBy, 'sentinel');
      assert.match(JSON.stringify(report.sections[0]?.data), /"main":"does not stop: spinning"/);
      assert.ok(JSON.stringify(report.threads).includes('"stuck"'));
    });
  },
);
