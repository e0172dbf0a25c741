/** What asks for a report in the first moments of a process, before the sentinel is there to see or hear it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { untilInstalled } from '../harness/installed.js';
import { assertQuiet, ROOT, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);

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

/** A path that does not exist yet, alone in a folder that is deleted after the test. */
function unmadePath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gmr-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'touch-me');
}

const IDLE = 'setInterval(() => {}, 1e6);';
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
