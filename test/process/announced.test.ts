/** Reports that the application gets itself: by `onReport`, and on the diagnostics channel `guru-meditation:report`. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { untilInstalled } from '../harness/installed.js';
import { ROOT, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);
/** What each listener prints; written past the streams, which a hung main does not flush. */
const HEAD = `import { setup, report } from ${PACKAGE}; import { subscribe } from 'node:diagnostics_channel'; import { writeSync } from 'node:fs';
  import { Worker } from 'node:worker_threads'; setInterval(() => {}, 1e6);
  const print = (who, { report: { id, trigger } }) => writeSync(1, who + ' ' + id + ' ' + trigger.kind + '\\n');`;
const SUBSCRIBES = `subscribe('guru-meditation:report', (report, name) => print(name, report));`;
const LISTENS = `setup({ onReport: (report) => print('onReport', report) });`;
const READY = `writeSync(1, 'ready\\n');`;

async function using(code: string, use: (fixture: Fixture) => Promise<void>, more: FixtureOptions = {}): Promise<void> {
  const fixture = spawnFixture(`${HEAD} ${code}`, {
    inputType: 'module',
    timeoutMs: 20_000,
    ...more,
    env: { GMR_FORMAT: 'json', ...more.env },
  });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await use(fixture);
    assert.equal(fixture.process.exitCode, null, fixture.stderr);
  } finally {
    await fixture.stop();
  }
}

test('both get each report that a signal asked for', { timeout: 60_000 }, async () => {
  await using(`${SUBSCRIBES} ${LISTENS} ${READY}`, async (fixture) => {
    for (let count = 0; count < 2; count++) {
      fixture.signal('SIGUSR2');
      const { id } = (await fixture.report()).report;
      await fixture.line(new RegExp(`^onReport ${id} signal$`));
      await fixture.line(new RegExp(`^guru-meditation:report ${id} signal$`));
    }
  });
});

test('the channel has the reports of the API as well', { timeout: 60_000 }, async () => {
  const code = `${SUBSCRIBES} const { report: { id } } = await report(); writeSync(1, 'by api ' + id + '\\n'); ${READY}`;
  await using(code, async (fixture) => {
    const id = (await fixture.line(/^by api /)).slice('by api '.length);
    await fixture.line(new RegExp(`^guru-meditation:report ${id} api$`));
  });
});

test(
  'listeners that throw, reject, or throw later are a line, and the next report comes',
  { timeout: 60_000 },
  async () => {
    const code = `${SUBSCRIBES} subscribe('guru-meditation:report', () => { throw new Error('thrown by a subscriber') });
    setup({ onReport: async (report) => { print('onReport', report); throw new Error('rejected by onReport') } }); ${READY}`;
    await using(code, async (fixture) => {
      for (let count = 0; count < 2; count++) {
        fixture.signal('SIGUSR2');
        const { id } = (await fixture.report()).report;
        await fixture.line(new RegExp(`^guru-meditation:report ${id} signal$`));
        await fixture.line(/^guru-meditation: onReport failed: rejected by onReport \(GMR_OUTPUT\)$/);
        await fixture.line(/^guru-meditation: a subscriber of \S+ failed: thrown by a subscriber \(GMR_OUTPUT\)$/);
      }
    });
  },
);

test(
  'a report that was made while main hung says so, and is announced when main turns its loop',
  { timeout: 60_000 },
  async () => {
    const hangs = `setTimeout(() => { writeSync(1, 'hangs\\n'); const end = Date.now() + 4000; while (Date.now() < end); writeSync(1, 'awake\\n'); }, 1000);`;
    await using(`${SUBSCRIBES} ${LISTENS} ${READY} ${hangs}`, async (fixture) => {
      await fixture.line(/^hangs$/);
      fixture.signal('SIGUSR2');
      const { report: found } = await fixture.report();
      assert.equal(found.collectedBy, 'sentinel');
      assert.ok(
        found.notRead.some(({ what }) => what === 'onReport'),
        JSON.stringify(found.notRead),
      );
      await fixture.line(/^awake$/);
      await fixture.line(new RegExp(`^onReport ${found.id} signal$`));
      await fixture.line(new RegExp(`^guru-meditation:report ${found.id} signal$`));
    });
  },
);

test('a report of the watchdog on a worker is announced by a healthy main', { timeout: 60_000 }, async () => {
  const code = `${SUBSCRIBES} ${LISTENS} new Worker('setTimeout(() => { for (;;); }, 300)', { eval: true }); ${READY}`;
  await using(
    code,
    async (fixture) => {
      const { id } = (await fixture.report()).report;
      await fixture.line(new RegExp(`^onReport ${id} watchdog$`));
      await fixture.line(new RegExp(`^guru-meditation:report ${id} watchdog$`));
    },
    { env: { GMR_WATCHDOG_MS: '1000' } },
  );
});
