/** Reports by touching a file, with main healthy and with main hung, and where a signal does not exist. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { untilInstalled } from '../harness/installed.js';
import { assertQuiet, ROOT, spawnFixture, type Fixture } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;
const HANGS = `setTimeout(function hang() { require('node:fs').writeSync(1, 'ready\\n'); for (;;); }, 1000);`;
/** A healthy main that is slow to be scheduled leads all the same. */
const GRACE = { main: '900', sentinel: '50' };
const PLACES = [
  ['main healthy', TURNS, 'main'],
  ['main hung', HANGS, 'sentinel'],
] as const;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gmr-file-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function using(
  code: string,
  env: Record<string, string | undefined>,
  use: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const fixture = spawnFixture(code, {
    timeoutMs: 20_000,
    env: { GMR_FORMAT: 'json', GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '50', ...env },
  });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await use(fixture);
    assertQuiet(fixture.stderr);
  } finally {
    await fixture.stop();
  }
}

let seconds = 1_000_000;
function touch(path: string): void {
  utimesSync(path, ++seconds, seconds);
}

for (const [what, code, leader] of PLACES) {
  test(
    `a file that comes, is touched, goes and comes back triggers reports, with ${what}`,
    { timeout: 60_000 },
    async (t) => {
      const path = join(folder(t), 'touch-me');
      await using(code, { GMR_FILE_EVENT_HANDLER: path, GMR_GRACE_MS: GRACE[leader] }, async (fixture) => {
        const acts = [
          () => writeFileSync(path, ''),
          () => touch(path),
          () => {
            rmSync(path);
            writeFileSync(path, 'again');
          },
        ];
        for (const act of acts) {
          act();
          const { report } = await fixture.report();
          assert.deepEqual(report.trigger, { kind: 'file', detail: path });
          assert.equal(report.collectedBy, leader);
        }
      });
    },
  );

  test(
    `a thousand touches in a second are few reports, and the last one is not lost, with ${what}`,
    { timeout: 90_000 },
    async (t) => {
      const path = join(folder(t), 'touch-me');
      await using(
        code,
        { GMR_FILE_EVENT_HANDLER: path, GMR_GRACE_MS: GRACE[leader], GMR_FILE_EVENT_HANDLER_INTERVAL_MS: '200' },
        async (fixture) => {
          for (let count = 0; count < 1000; count++) {
            writeFileSync(path, String(count));
            if (count % 100 === 0) await delay(50);
          }
          const lastTouch = new Date().toISOString();
          writeFileSync(path, 'last');
          let reports = 1;
          while ((await fixture.report()).report.requestedAt < lastTouch) reports++;
          assert.ok(reports < 300, `${reports} reports`);
        },
      );
    },
  );

  test(`where a signal does not exist, touching a file stands for it, with ${what}`, { timeout: 60_000 }, async (t) => {
    const temporary = folder(t);
    const env = { GMR_SIGNAL: 'SIGBREAK', GMR_GRACE_MS: GRACE[leader], TMPDIR: temporary };
    await using(code, env, async (fixture) => {
      const path = join(temporary, `guru-meditation-${fixture.pid}.request`);
      await fixture.line(/^guru-meditation: SIGBREAK does not exist on linux; touching \S+ asks for a report instead/);
      writeFileSync(path, '');
      const { report } = await fixture.report();
      assert.deepEqual(report.trigger, { kind: 'file', detail: path });
      assert.equal(report.collectedBy, leader);
    });
  });
}

test('a touch while another report is taken gets a report of its own', { timeout: 60_000 }, async (t) => {
  const path = join(folder(t), 'touch-me');
  const section = `import(${PACKAGE}).then(({ registerSection }) => {
    registerSection('Slow', () => { console.log('under way'); return new Promise((resolve) => setTimeout(resolve, 500, 1)); });
    ${TURNS} });`;
  await using(section, { GMR_FILE_EVENT_HANDLER: path }, async (fixture) => {
    fixture.signal('SIGUSR2');
    await fixture.line(/^under way$/);
    writeFileSync(path, '');
    const kinds = [(await fixture.report()).report.trigger.kind, (await fixture.report()).report.trigger.kind];
    assert.deepEqual(kinds.sort(), ['file', 'signal']);
  });
});

test(
  'anything in a watched directory counts, but for reports that are written there',
  { timeout: 60_000 },
  async (t) => {
    const path = folder(t);
    mkdirSync(join(path, 'within'));
    const reports = (): string[] => readdirSync(path).filter((name) => name.endsWith('.json'));
    await using(TURNS, { GMR_FILE_EVENT_HANDLER: path, GMR_LOG_DIR: path }, async (fixture) => {
      for (let count = 1; count <= 2; count++) {
        touch(join(path, 'within'));
        while (reports().length < count) await delay(10);
        // Long enough for ten more looks: that no report follows can only be waited for.
        await delay(500);
        assert.equal(reports().length, count);
      }
      assert.equal(fixture.stderr, '');
    });
  },
);
