/** Sections that workers registered are in the report, or the report says of which thread they are missing, and why. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { NotRead, Report } from '../../src/report/types.js';
import { threadOf } from '../harness/hangs.js';
import { untilInstalled } from '../harness/installed.js';
import {
  assertQuiet,
  FIXTURES,
  REGISTER,
  ROOT,
  spawnFixture,
  type Fixture,
  type FixtureOptions,
} from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);

/** The threads of `STARTS`, by their ids. */
const [WITH_SECTION, WITHOUT_SECTION] = [2, 3];
const IDLES = `setInterval(() => {}, 1e6);`;
/** Counts itself as started, with one section or none, and does then what it was given to do. */
const WORKER = (registers: boolean, then: string): string =>
  JSON.stringify(`import(${PACKAGE}).then(({ registerSection }) => {
    if (${registers}) registerSection('Each', () => ({ answer: 42 }), { thread: 'each' });
    const { workerData } = require('node:worker_threads');
    Atomics.add(workerData, 0, 1);
    Atomics.notify(workerData, 0);
    ${then} });
    ${IDLES}`);

/** Starts a worker with a section and one without, and blocks until both are up: main's own timers come later. */
const STARTS = (then: string): string => `const { Worker } = require('node:worker_threads');
  const started = new Int32Array(new SharedArrayBuffer(4));
  new Worker(${WORKER(true, then)}, { eval: true, workerData: started });
  new Worker(${WORKER(false, then)}, { eval: true, workerData: started });
  for (let count = 0; count < 2; count = Atomics.load(started, 0)) Atomics.wait(started, 0, count);
  console.log('ready');`;

/** Time enough for whole answers, on a machine that has little. */
const ENVIRONMENT = { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '5000' };

async function reportOf(
  code: string,
  options: FixtureOptions,
  ask: (fixture: Fixture) => Promise<void>,
): Promise<Report> {
  const fixture = spawnFixture(code, { ...options, env: { ...ENVIRONMENT, ...options.env } });
  try {
    await fixture.ready();
    await ask(fixture);
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    return report;
  } finally {
    await fixture.stop();
  }
}

async function bySignal(fixture: Fixture): Promise<void> {
  await untilInstalled(fixture);
  fixture.signal('SIGUSR2');
}

function notReadOf({ report }: Report, threadId: number): NotRead[] {
  return report.notRead.filter((line) => line.threadId === threadId);
}

/** A file that is loaded before the preload: whatever a worker sends to be known by, nobody gets it. */
function keepsPorts(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gmr-ports-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'keeps-ports.cjs');
  writeFileSync(file, `require('node:worker_threads').postMessageToThread = () => Promise.resolve();`);
  return file;
}

test('the sections of workers that can be asked are there, and nothing is said', { timeout: 30_000 }, async () => {
  const report = await reportOf(`${STARTS('')} ${IDLES}`, {}, bySignal);
  const [section] = report.sections;
  assert.deepEqual([section?.title, section?.data], ['Each', { [`thread ${WITH_SECTION}`]: { answer: 42 } }]);
  assert.deepEqual(report.report.notRead, []);
});

test(
  'a worker whose port has not come yet is read by inspector, and its sections are named as missing',
  { timeout: 30_000 },
  async (t) => {
    const execArgv = ['-r', keepsPorts(t), '-r', REGISTER];
    const report = await reportOf(`${STARTS('')} ${IDLES}`, { preload: 'none', execArgv }, bySignal);
    assert.equal(threadOf(report, WITH_SECTION).readBy, 'inspector');
    assert.deepEqual(notReadOf(report, WITH_SECTION), [
      { threadId: WITH_SECTION, what: 'sections', why: 'Each: no port had come from it yet to ask it by' },
    ]);
    assert.deepEqual(notReadOf(report, WITHOUT_SECTION), []);
    assert.equal(report.report.complete, false);
  },
);

test('a worker that introduces itself while the report is taken is asked as well', { timeout: 30_000 }, async () => {
  // Workers of a late install are told of when they run their first code, and this one goes on running it.
  const blocks = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);`;
  const takes = `import(${PACKAGE}).then(async ({ report, setup }) => {
    setup({});
    ${STARTS(blocks)}
    console.error(JSON.stringify(await report(), null, 2)); });`;
  const report = await reportOf(takes, { preload: 'none', env: { GMR_GRACE_MS: '3000' } }, () => Promise.resolve());
  assert.deepEqual(report.sections[0]?.data, { [`thread ${WITH_SECTION}`]: { answer: 42 } });
  assert.equal(threadOf(report, WITH_SECTION).readBy, 'port');
  assert.deepEqual(notReadOf(report, WITH_SECTION), []);
});

test(
  'without a sentinel nobody can tell what such a worker registered, and nobody says that it hangs',
  { timeout: 30_000 },
  async () => {
    const takes = `import(${PACKAGE}).then(async ({ report }) => {
      ${STARTS('')}
      console.error(JSON.stringify(await report(), null, 2)); });`;
    const report = await reportOf(takes, { env: { GMR_SENTINEL: 'lazy' } }, () => Promise.resolve());
    const noPort = /^no port had come from it yet to ask it by, and /;
    // The sentinel, which comes later, has not taken the first id.
    for (const threadId of [WITH_SECTION - 1, WITHOUT_SECTION - 1]) {
      const lines = notReadOf(report, threadId);
      assert.deepEqual(lines.map(({ what }) => what).sort(), ['sections', 'stack']);
      for (const { why } of lines) assert.match(why, noPort);
      assert.equal(threadOf(report, threadId).state, 'unknown');
    }
  },
);

test('a worker that hangs has its sections named as missing as well', { timeout: 30_000 }, async () => {
  const hangs = `setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 1000);`;
  const report = await reportOf(`${STARTS(hangs)} ${IDLES}`, {}, async (fixture) => {
    await delay(2000);
    fixture.signal('SIGUSR2');
  });
  assert.deepEqual(notReadOf(report, WITH_SECTION), [
    { threadId: WITH_SECTION, what: 'sections', why: 'Each: its loop did not turn in time to run them' },
  ]);
  assert.deepEqual(notReadOf(report, WITHOUT_SECTION), []);
});

test(
  'workers of a pool, which park as soon as they have nothing to do, are known by then',
  { timeout: 30_000 },
  async () => {
    const options = { filename: join(FIXTURES, 'piscinaWorker.cjs'), minThreads: 2, maxThreads: 2 };
    const starts = `setTimeout(() => {
    new (require('piscina').Piscina)(${JSON.stringify(options)});
    setTimeout(() => console.log('ready'), 1500); }, 500);`;
    const report = await reportOf(`${starts} ${IDLES}`, {}, bySignal);
    for (const threadId of [2, 3]) assert.deepEqual(notReadOf(report, threadId), []);
  },
);
