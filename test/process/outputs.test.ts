/** Where reports of a real process go: files, several at once, and stderr when the files cannot be. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertQuiet, ROOT, spawnFixture, type Fixture } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);
const STAYS = `setInterval(() => {}, 1e6); console.log('ready');`;
const BOUND_MS = 20_000;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gmr-outputs-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function using(
  setup: string,
  env: Record<string, string>,
  use: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const code = `import { setup } from ${PACKAGE}; import { writeSync } from 'node:fs';
    import { subscribe } from 'node:diagnostics_channel'; ${setup} ${STAYS}`;
  const fixture = spawnFixture(code, { inputType: 'module', timeoutMs: BOUND_MS, env });
  try {
    await fixture.ready();
    await use(fixture);
    assertQuiet(fixture.stderr);
    assert.equal(fixture.process.exitCode, null);
  } finally {
    await fixture.stop();
  }
}

async function until(what: string, isDone: () => boolean): Promise<void> {
  const end = performance.now() + BOUND_MS;
  while (!isDone()) {
    assert.ok(performance.now() < end, what);
    await delay(5);
  }
}

/** Whole reports, without what is still being written. */
function filesIn(logDir: string): string[] {
  return readdirSync(logDir).filter((name) => !name.startsWith('.'));
}

test(
  'a log directory that is removed meanwhile loses no report, and is used again when it is back',
  { timeout: 60_000 },
  async (t) => {
    const logDir = join(folder(t), 'logs');
    mkdirSync(logDir);
    await using('', { GMR_LOG_DIR: logDir, GMR_FORMAT: 'json' }, async (fixture) => {
      fixture.signal('SIGUSR2');
      await until('no first report', () => filesIn(logDir).length === 1);
      rmSync(logDir, { recursive: true });
      // Again and again: for main the first report may not be over yet, and would answer the next signal too.
      await until('no report on stderr', () => {
        fixture.signal('SIGUSR2');
        return fixture.stderr.includes('it follows');
      });
      await fixture.report();
      await fixture.line(
        /^guru-meditation: the report cannot be written to ".*": ENOENT.*; it follows \(GMR_OUTPUT\)$/,
      );
      assert.equal(existsSync(logDir), false);
      mkdirSync(logDir);
      await until('no report in the new directory', () => {
        fixture.signal('SIGUSR2');
        return filesIn(logDir).length > 0;
      });
    });
  },
);

test('three reports in one second are three files', { timeout: 60_000 }, async (t) => {
  const logDir = folder(t);
  const code = `let count = 0; setup({ onReport: () => { if (++count < 3) setImmediate(() => process.kill(process.pid, 'SIGUSR2')); else writeSync(1, 'three\\n'); } });`;
  await using(code, { GMR_LOG_DIR: logDir, GMR_FORMAT: 'summary' }, async (fixture) => {
    fixture.signal('SIGUSR2');
    await fixture.line(/^three$/);
    assert.equal(filesIn(logDir).length, 3);
    const ids = filesIn(logDir).map(
      (name) => (JSON.parse(readFileSync(join(logDir, name), 'utf8')) as { id: string }).id,
    );
    assert.equal(new Set(ids).size, 3);
    assert.equal(fixture.stderr, '');
  });
});

test('a path as the name of the service stays in the log directory', { timeout: 60_000 }, async (t) => {
  const parent = folder(t);
  const logDir = join(parent, 'a', 'logs');
  mkdirSync(logDir, { recursive: true });
  await using(`setup({ serviceName: '../../x' });`, { GMR_LOG_DIR: logDir, GMR_FORMAT: 'json' }, async (fixture) => {
    fixture.signal('SIGUSR2');
    await until('no report', () => filesIn(logDir).length === 1);
    assert.match(filesIn(logDir)[0] ?? '', /^x_gurumeditation_/);
    assert.deepEqual([readdirSync(parent), readdirSync(join(parent, 'a'))], [['a'], ['logs']]);
  });
});

test('several outputs at once get the same report', { timeout: 60_000 }, async (t) => {
  const logDir = folder(t);
  const code = `setup({ onReport: ({ report }) => writeSync(1, 'onReport ' + report.id + '\\n') });
    subscribe('guru-meditation:report', ({ report }) => writeSync(1, 'channel ' + report.id + '\\n'));`;
  await using(code, { GMR_LOG_DIR: logDir, GMR_FORMAT: 'text,json,xml,html,summary' }, async (fixture) => {
    fixture.signal('SIGUSR2');
    const id = (await fixture.line(/^onReport /)).slice('onReport '.length);
    await fixture.line(new RegExp(`^channel ${id}$`));
    const names = filesIn(logDir).sort();
    assert.deepEqual(
      names.map((name) => name.slice(name.indexOf('.', name.lastIndexOf('_')))),
      ['.html', '.json', '.summary.json', '.txt', '.xml'],
    );
    const shortId = id.split('-').slice(-2).join('-');
    for (const name of names) assert.ok(readFileSync(join(logDir, name), 'utf8').includes(shortId), name);
    assert.equal(fixture.stderr, '');
  });
});

test('only files of its own are rotated away', { timeout: 60_000 }, async (t) => {
  const logDir = folder(t);
  const foreign = [
    'other_gurumeditation_20200101000000_elsewhere_1_a_1.json',
    'app.log',
    'billing-api_gurumeditation_notes.txt',
  ];
  for (const name of foreign) writeFileSync(join(logDir, name), 'foreign');
  const code = `let count = 0; setup({ serviceName: 'billing-api', keep: 2, onReport: () => { if (++count < 4) setImmediate(() => process.kill(process.pid, 'SIGUSR2')); else writeSync(1, 'four\\n'); } });`;
  await using(code, { GMR_LOG_DIR: logDir, GMR_FORMAT: 'json' }, async (fixture) => {
    fixture.signal('SIGUSR2');
    await fixture.line(/^four$/);
    const own = filesIn(logDir).filter((name) => !foreign.includes(name));
    assert.equal(own.length, 2);
    assert.equal(filesIn(logDir).length, own.length + foreign.length);
  });
});

test('a prefix stands in front of every line on stderr', { timeout: 60_000 }, async () => {
  await using('', { GMR_LINE_PREFIX: '[web-07] ' }, async (fixture) => {
    fixture.signal('SIGUSR2');
    await fixture.line(/^\[web-07\] -- end /);
    const lines = fixture.stderr.trimEnd().split('\n');
    assert.ok(lines.length > 20);
    for (const line of lines) assert.ok(line.startsWith('[web-07] '), line);
  });
});
