/** Bad input of every kind is a clear line or a clear error, and the report still comes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../../src/report/types.js';
import { LATEST_MS } from '../harness/hangs.js';
import { assertQuiet, ROOT, spawnFixture, type Fixture } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-bad-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);
const STAYS = `setInterval(() => {}, 1e6); console.log('ready')`;
const JSON_FORMAT = { GMR_FORMAT: 'json' };

/** Runs `use` while the fixture lives, and ends it in any case. */
async function using(fixture: Fixture, use: (fixture: Fixture) => Promise<void>): Promise<void> {
  try {
    await fixture.ready();
    await use(fixture);
  } finally {
    await fixture.stop();
  }
}

async function reportOf(fixture: Fixture): Promise<Report> {
  fixture.signal('SIGUSR2');
  const report = await fixture.report();
  assertQuiet(fixture.stderr);
  return report;
}

/** All reports that are there, and those that still come within `ms`. */
async function reportsWithin(fixture: Fixture, ms: number): Promise<number> {
  await delay(ms);
  return fixture.stderr.split('\n').filter((line) => line === '}').length;
}

function assertAlive(fixture: Fixture): void {
  assert.deepEqual([fixture.process.exitCode, fixture.process.signalCode], [null, null], fixture.stderr);
}

describe('a bad argument of setup() names the option, what was expected and what came', () => {
  const bad: [name: string, given: string, message: RegExp][] = [
    ['an unknown option', '{ nope: 1 }', /^setup: expected one of the options signal, .*, got "nope"$/],
    ['no object', '5', /^setup: expected an object of options, got 5$/],
    ['a signal that does not exist', `{ signal: 'SIGNOPE' }`, /^signal: expected a signal name .*, got "SIGNOPE"$/],
    ['a signal that nobody can catch', `{ signal: 'SIGKILL' }`, /^signal: expected a signal name .*, got "SIGKILL"$/],
    ['a deadline of text', `{ deadline: 'soon' }`, /^deadline: expected a whole number of ms .*, got "soon"$/],
    ['a negative grace', '{ grace: -1 }', /^grace: expected a whole number of ms .*, got -1$/],
    ['an unknown format', `{ format: 'pdf' }`, /^format: expected .*, got "pdf"$/],
    ['an empty log directory', `{ logDir: '' }`, /^logDir: expected a path, got ""$/],
    ['onReport without a function', '{ onReport: {} }', /^onReport: expected a function, got an object$/],
    ['an unknown mode', `{ tasks: 'some' }`, /^tasks: expected .*, got "some"$/],
  ];
  test('in the first call and after the preload', { timeout: 20_000 }, async () => {
    const code = `import { setup, GuruError } from ${PACKAGE};
      const told = [${bad.map(([, given]) => given).join(', ')}].map((given) => {
        try { setup(given); return 'nothing'; } catch (error) { return [error instanceof GuruError, error.code, error.message]; }
      });
      console.log(JSON.stringify(told)); process.exit(0);`;
    for (const preload of ['none', 'require'] as const) {
      const fixture = spawnFixture(code, { inputType: 'module', preload });
      assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
      const told = JSON.parse(fixture.stdout) as [boolean, string, string][];
      for (const [index, [name, , message]] of bad.entries()) {
        assert.deepEqual(told[index]?.slice(0, 2), [true, 'GMR_OPTION'], name);
        assert.match(told[index]?.[2] ?? '', message, name);
      }
      assert.equal(fixture.stderr, '');
    }
  });
});

test('a signal that does not exist in a variable is a line, and SIGUSR2 works', { timeout: 20_000 }, async () => {
  await using(spawnFixture(STAYS, { env: { ...JSON_FORMAT, GMR_SIGNAL: 'SIGNOPE' } }), async (fixture) => {
    await reportOf(fixture);
    assert.match(
      fixture.stderr,
      /^guru-meditation: GMR_SIGNAL: expected a signal name .*, got "SIGNOPE"; the default is used/,
    );
  });
});

test(
  'a log directory that cannot be written is a line, and the report goes to stderr',
  { timeout: 20_000 },
  async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await using(spawnFixture(STAYS, { env: { ...JSON_FORMAT, GMR_LOG_DIR: join(file, 'logs') } }), async (fixture) => {
      await reportOf(fixture);
      assert.match(
        fixture.stderr,
        /^guru-meditation: the report cannot be written to ".*": .*ENOTDIR.*; it follows \(GMR_OUTPUT\)\n\{\n/,
      );
    });
  },
);

test(
  'a second SIGUSR2 during a report is answered by it, and a later one gets its own',
  { timeout: 20_000 },
  async () => {
    await using(spawnFixture('hangs.cjs', { args: ['worker:spin'], env: JSON_FORMAT }), async (fixture) => {
      fixture.signal('SIGUSR2');
      await delay(100);
      fixture.signal('SIGUSR2');
      const first = await fixture.report();
      await fixture.line(/^guru-meditation: SIGUSR2 came while a report was being taken, which answers it too/);
      await delay(200);
      const next = await reportOf(fixture);
      assert.notEqual(first.report.id, next.report.id);
    });
  },
);

test('20 SIGUSR2 in a burst with a healthy main crash nothing', { timeout: 20_000 }, async () => {
  await using(spawnFixture(STAYS, { env: JSON_FORMAT }), async (fixture) => {
    for (let count = 0; count < 20; count++) {
      fixture.signal('SIGUSR2');
      await delay(2);
    }
    await fixture.report();
    const reports = await reportsWithin(fixture, 1500);
    assert.ok(reports >= 1 && reports <= 20, `${reports}`);
    assertAlive(fixture);
    await reportOf(fixture);
  });
});

test(
  '20 SIGUSR2 in a burst with main hung are answered, and main gives at most one more when it wakes',
  { timeout: 30_000 },
  async () => {
    const code = `setInterval(() => {}, 1e6); setTimeout(() => {
    require('node:fs').writeSync(1, 'ready\\n');
    const end = Date.now() + 4500; while (Date.now() < end);
    require('node:fs').writeSync(1, 'awake\\n') }, 700);`;
    await using(spawnFixture(code, { env: JSON_FORMAT, timeoutMs: 15_000 }), async (fixture) => {
      await delay(300);
      for (let count = 0; count < 20; count++) {
        fixture.signal('SIGUSR2');
        await delay(2);
      }
      const report = await fixture.report();
      assert.equal(report.report.collectedBy, 'sentinel');
      assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs}`);
      await fixture.line(/^awake$/);
      const hung = await reportsWithin(fixture, 0);
      const later = await reportsWithin(fixture, 2500);
      assert.ok(later - hung <= 1, `${hung} while it hung, ${later - hung} after`);
      assertAlive(fixture);
      assert.equal((await untilNew(fixture, report)).report.collectedBy, 'main');
    });
  },
);

/** A report of main's own: what else is there is read away first. */
async function untilNew(fixture: Fixture, first: Report): Promise<Report> {
  fixture.signal('SIGUSR2');
  for (let last = first; ;) {
    if (last.report.collectedBy === 'main') return last;
    last = await fixture.report();
  }
}

test('workers that die in the middle of a report do not keep it from coming', { timeout: 40_000 }, async () => {
  const code = `const { Worker } = require('node:worker_threads');
    const park = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
    const workers = ['for (;;);', park, 'setInterval(() => {}, 1e6)', 'for (;;);'].map((text) => new Worker(text, { eval: true }));
    process.on('exit', () => console.log('exit'));
    let gone = 0;
    for (const worker of workers) worker.on('exit', () => ++gone === 4 && console.log('all gone'));
    setTimeout(() => { console.log('ready'); process.kill(process.pid, 'SIGUSR2');
      for (const [index, ms] of JSON.parse(process.argv[1]).entries()) setTimeout(() => workers[index].terminate(), ms) }, 600);
    setInterval(() => {}, 1e6);`;
  for (const times of [
    [5, 10, 15, 20],
    [55, 60, 65, 70],
    [100, 150, 200, 300],
  ]) {
    await using(spawnFixture(code, { args: [JSON.stringify(times)], env: JSON_FORMAT }), async (fixture) => {
      const report = await fixture.report();
      assert.ok(report.threads.some((thread) => thread.threadId === 0));
      assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs}`);
      await fixture.line(/^all gone$/);
      await delay(300); // The ports of a thread close a moment after it ended, and the last report has to be over.
      assertAlive(fixture);
      assert.equal((await reportOf(fixture)).threads.length, 1);
    });
  }
});

test('garbage on a port is ignored, and the report comes', { timeout: 20_000 }, async () => {
  await using(spawnFixture('garbage.cjs', { env: JSON_FORMAT }), async (fixture) => {
    const report = await reportOf(fixture);
    const ids = report.threads.map((thread) => thread.threadId).sort();
    assert.deepEqual(ids, [0, 2, 3, 4]);
    assert.equal(report.threads.find((thread) => thread.threadId === 0)?.readBy, 'port');
    assert.ok(report.report.durationMs <= LATEST_MS);
    assertAlive(fixture);
    await delay(200);
    await reportOf(fixture);
  });
});

test(
  'a section that throws, rejects, never settles or cannot be shown shows why, and the others show theirs',
  { timeout: 20_000 },
  async () => {
    const code = `import { registerSection } from ${PACKAGE};
    registerSection('throws', () => { throw new Error('no luck') });
    registerSection('rejects', async () => { throw new TypeError('no luck later') });
    registerSection('never', () => new Promise(() => {}));
    registerSection('function', () => () => 1);
    registerSection('throws nothing', () => { throw undefined });
    registerSection('works', () => ({ answer: 42 }));
    registerSection('hostile', () => ({ get trap() { throw new Error('trap') } }));
    ${STAYS}`;
    await using(spawnFixture(code, { inputType: 'module', env: JSON_FORMAT }), async (fixture) => {
      const report = await reportOf(fixture);
      const errors = new Map(report.sections.map(({ title, error }) => [title, error]));
      assert.equal(errors.get('throws'), 'no luck');
      assert.equal(errors.get('rejects'), 'no luck later');
      assert.match(errors.get('never') ?? '', /did not settle/);
      assert.match(errors.get('function') ?? '', /cannot be shown/);
      assert.equal(errors.get('throws nothing'), 'undefined');
      assert.deepEqual(report.sections.find(({ title }) => title === 'works')?.data, { answer: 42 });
      assert.ok(errors.has('hostile'));
      assert.ok(report.report.durationMs <= LATEST_MS, `${report.report.durationMs}`);
    });
  },
);

test('onReport and a configuration that throw fail alone', { timeout: 20_000 }, async () => {
  const code = `import { setup } from ${PACKAGE};
    process.on('uncaughtException', () => console.log('uncaught'));
    process.on('unhandledRejection', () => console.log('unhandled'));
    setup({ onReport() { throw new Error('thrown by onReport') }, config() { throw new Error('thrown by config') } });
    ${STAYS}`;
  await using(spawnFixture(code, { inputType: 'module', env: JSON_FORMAT }), async (fixture) => {
    const report = await reportOf(fixture);
    assert.deepEqual(report.configuration['default'], { error: 'the function threw: thrown by config' });
    await fixture.line(/^guru-meditation: .*thrown by onReport/);
    await delay(200);
    await reportOf(fixture);
    assert.equal(fixture.stdout, 'ready\n');
  });
});
