/** What asks for a report in the first moments of a process, before the sentinel is there to see or hear it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../../src/report/types.js';
import { untilInstalled } from '../harness/installed.js';
import { assertQuiet, REGISTER, ROOT, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);

const IS_LINUX = process.platform === 'linux';
const IDLE = 'setInterval(() => {}, 1e6);';
/** That no report follows can only be waited for. */
const NOTHING_MORE_MS = 1000;

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

function countOfReports({ stderr }: Fixture): number {
  return stderr.split('"formatVersion"').length - 1;
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

/** A port that is older than ours, so that its messages are heard first of what one poll of the loop brings. */
const OLDER_PORT = `const { port1, port2 } = new MessageChannel();
  port1.unref();
  globalThis.soon = (listener) => { port1.onmessage = listener; port2.postMessage(null); };`;

test(
  'a signal that comes while the loop runs what it has polled, and is not read before main hangs, is answered',
  { timeout: 30_000, skip: !IS_LINUX },
  async (t) => {
    const older = join(dirname(unmadePath(t)), 'older.cjs');
    writeFileSync(older, OLDER_PORT);
    const hangs = `function hang() { for (;;); }
      console.log('ready'); ${IDLE}
      setTimeout(() => soon(() => {
        process.kill(process.pid, 'SIGUSR2');
        // The sentinel asks meanwhile, and its question is the next thing that the loop hears.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
        setImmediate(hang);
      }), 700);`;
    const options = { preload: 'none', execArgv: ['--require', older, '--require', REGISTER] } as const;
    await using(spawnFixture(hangs, { ...options, env: { GMR_FORMAT: 'json' } }), async (fixture) => {
      assertOfHang(await fixture.report());
    });
  },
);

for (const when of ['first', '20', '60'])
  for (const sentAfterMs of [0, 10, 30, 60, 100, 200])
    test(
      `a signal ${sentAfterMs} ms after the start is answered, with a main that hangs ${when === 'first' ? 'at once' : `after ${when} ms`}`,
      { timeout: 30_000, skip: !IS_LINUX },
      async () => {
        await using(starts([when]), async (fixture) => {
          await fixture.ready();
          await delay(sentAfterMs);
          fixture.signal('SIGUSR2');
          const found = await fixture.report();
          // Main may be through with its report before it hangs.
          if (when === 'first' || found.report.collectedBy === 'sentinel') assertOfHang(found);
          else assert.equal(found.report.trigger.kind, 'signal');
        });
      },
    );

/** Blocks until it is told on stdin, and says when it is awake. */
const BLOCKS = `require('node:fs').readSync(0, Buffer.alloc(1)); console.log('awake'); ${IDLE}`;

function blocksAfter(first: string, env: Record<string, string> = {}): Fixture {
  return spawnFixture(`${first} console.log('ready'); ${BLOCKS}`, { input: null, env: { GMR_FORMAT: 'json', ...env } });
}
const SIGNALS_ITSELF = `process.kill(process.pid, 'SIGUSR2');`;

test(
  'a signal that main could not read is reported once, and every later one once more',
  { timeout: 30_000, skip: !IS_LINUX },
  async () => {
    await using(blocksAfter(SIGNALS_ITSELF), async (fixture) => {
      const { report } = await fixture.report();
      assert.deepEqual(report.trigger, { kind: 'signal', detail: 'SIGUSR2' });
      assert.equal(report.collectedBy, 'sentinel');
      fixture.process.stdin?.write('.');
      await fixture.line(/^awake$/);
      await untilInstalled(fixture);
      for (let count = 2; count <= 3; count++) {
        fixture.signal('SIGUSR2');
        assert.equal((await fixture.report()).report.collectedBy, 'main');
      }
      await delay(NOTHING_MORE_MS);
      assert.equal(countOfReports(fixture), 3);
    });
  },
);

test(
  'where two signals ask for a report it names both, since main alone can tell, and ends nothing',
  { timeout: 30_000, skip: !IS_LINUX },
  async () => {
    const first = `process.kill(process.pid, 'SIGTERM');`;
    await using(blocksAfter(first, { GMR_SIGNAL: 'SIGUSR2,SIGTERM' }), async (fixture) => {
      const { report } = await fixture.report();
      assert.deepEqual(report.trigger, { kind: 'signal', detail: 'SIGUSR2 or SIGTERM' });
      await delay(NOTHING_MORE_MS);
      fixture.process.stdin?.write('.');
      await fixture.line(/^awake$/);
      // Now it hears what it was sent, and obeys.
      assert.deepEqual(await fixture.exited(), { code: null, signal: 'SIGTERM' });
      assert.equal(countOfReports(fixture), 1);
    });
  },
);

for (const [what, first] of [
  ['a child that ended', `require('node:child_process').spawn('true');`],
  ['a signal of the application', `process.on('SIGHUP', () => {}); process.kill(process.pid, 'SIGHUP');`],
  ['no signal at all', ''],
] as const)
  test(`a main that blocks from its start on and has missed ${what} is not reported`, { timeout: 30_000 }, async () => {
    await using(blocksAfter(first), async (fixture) => {
      await fixture.ready();
      await untilInstalled(fixture);
      await delay(NOTHING_MORE_MS);
      assert.equal(fixture.stderr, '');
      fixture.signal('SIGUSR2');
      assert.equal((await fixture.report()).report.collectedBy, 'sentinel');
    });
  });

/** A path that does not exist yet, alone in a folder that is deleted after the test. */
function unmadePath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gmr-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'touch-me');
}

const touches = (path: string): string => `require('node:fs').writeFileSync(${JSON.stringify(path)}, '');`;

for (const [what, then, leader] of [
  ['main healthy', IDLE, 'main'],
  ['main hung', 'for (;;);', 'sentinel'],
] as const) {
  test(
    `a file that is touched before the sentinel can look brings its report, with ${what}`,
    { timeout: 30_000 },
    async (t) => {
      const path = unmadePath(t);
      const env = { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER: path, GMR_GRACE_MS: leader === 'main' ? '900' : '50' };
      await using(spawnFixture(`${touches(path)} ${then}`, { env }), async (fixture) => {
        const { report } = await fixture.report();
        assert.deepEqual(report.trigger, { kind: 'file', detail: path });
        assert.equal(report.collectedBy, leader);
      });
    },
  );
}

test('with a sentinel that comes late as well', { timeout: 30_000 }, async (t) => {
  const path = unmadePath(t);
  const env = { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER: path, GMR_SENTINEL: 'lazy' };
  await using(spawnFixture(`${touches(path)} ${IDLE}`, { env }), async (fixture) => {
    assert.deepEqual((await fixture.report()).report.trigger, { kind: 'file', detail: path });
  });
});

test('a file counts as watched from the moment that setup names it', { timeout: 30_000 }, async (t) => {
  const path = unmadePath(t);
  const setsUp = `import(${PACKAGE}).then(({ setup }) => {
    setup({ fileEventHandler: ${JSON.stringify(path)} });
    ${touches(path)} ${IDLE} });`;
  await using(spawnFixture(setsUp, { env: { GMR_FORMAT: 'json' } }), async (fixture) => {
    assert.deepEqual((await fixture.report()).report.trigger, { kind: 'file', detail: path });
  });
});

test('a setup that comes between a touch and the next look loses no touch', { timeout: 30_000 }, async (t) => {
  const path = unmadePath(t);
  const setsUp = `import(${PACKAGE}).then(({ setup }) => setTimeout(() => {
    ${touches(path)}
    setTimeout(() => setup({ keep: 7 }), 20);
    ${IDLE} }, 700));`;
  const env = { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER: path, GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '2000' };
  await using(spawnFixture(setsUp, { env }), async (fixture) => {
    assert.deepEqual((await fixture.report()).report.trigger, { kind: 'file', detail: path });
  });
});

test('a file that nobody touches brings nothing, however long it has been there', { timeout: 30_000 }, async (t) => {
  const path = unmadePath(t);
  writeFileSync(path, '');
  const env = { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER: path, GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '50' };
  await using(spawnFixture(`console.log('ready'); ${IDLE}`, { env }), async (fixture) => {
    await fixture.ready();
    await untilInstalled(fixture);
    assert.equal(fixture.stderr, '');
  });
});

test('nor one that the sentinel may read and main may not', { timeout: 30_000 }, async (t) => {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  if (flag === undefined) return t.skip('this Node has no permission model');
  const path = unmadePath(t);
  writeFileSync(path, '');
  const execArgv = [flag, '--no-warnings', '--allow-worker', '--allow-addons', `--allow-fs-read=${ROOT}/*`];
  const env = { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER: path, GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '50' };
  await using(spawnFixture(`console.log('ready'); ${IDLE}`, { env, execArgv }), async (fixture) => {
    await fixture.ready();
    await untilInstalled(fixture);
    assert.equal(fixture.stderr, '');
    writeFileSync(path, 'touched');
    assert.deepEqual((await fixture.report()).report.trigger, { kind: 'file', detail: path });
  });
});
