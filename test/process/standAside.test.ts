/** Where it cannot work, or must not, it stands aside with one line, and the application runs as if it were not there. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { build } from 'esbuild';
import { assertQuiet, REGISTER, ROOT, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-aside-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const STAYS = `setInterval(() => {}, 1e6); console.log('ready')`;
/** Past the start of the sentinel, so that what it does wrong is seen. */
const RUNS = `setTimeout(() => { console.log('ran'); process.exit(5) }, 300)`;

function scratch(name: string, code: string): string {
  const file = join(folder, name);
  writeFileSync(file, code);
  return file;
}

/** Runs `RUNS` and checks that it ran to its end, with exactly these lines on stderr. */
async function assertRuns(lines: readonly RegExp[], options: FixtureOptions, code = RUNS): Promise<void> {
  const fixture = spawnFixture(code, options);
  assert.deepEqual(await fixture.exited(), { code: 5, signal: null }, fixture.stderr);
  assert.equal(fixture.stdout, 'ran\n');
  assertLines(fixture.stderr, lines);
}

function assertLines(stderr: string, expected: readonly RegExp[]): void {
  const lines = stderr.split('\n').filter((line) => line !== '');
  assert.equal(lines.length, expected.length, stderr);
  for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? '', pattern);
}

async function assertSignalKills(fixture: Fixture): Promise<void> {
  await fixture.ready();
  fixture.signal('SIGUSR2');
  assert.deepEqual(await fixture.exited(), { code: null, signal: 'SIGUSR2' });
}

/** Permission flags as this Node calls them; null where it has none. */
function permission(...allowed: string[]): string[] | null {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  );
  return flag === undefined ? null : [flag, '--no-warnings', '--allow-fs-read=*', ...allowed];
}

test('the permission model that lets the preload alone be read is one line', { timeout: 20_000 }, async (context) => {
  const execArgv = permission('--allow-worker')?.map((flag) =>
    flag.endsWith('=*') ? flag.replace('*', REGISTER) : flag,
  );
  if (execArgv === undefined) return context.skip('this Node has no permission model');
  await assertRuns([/^guru-meditation: not installed: the permission model forbids reading the files/], { execArgv });
  const part = join(ROOT, 'dist/guru-meditation-sentinel.cjs');
  const withSentinel = [...execArgv, `--allow-fs-read=${part}`];
  await assertRuns([/^guru-meditation: not installed: .*restricted/], { execArgv: withSentinel });
});

test('GMR=off leaves nothing, not even a word', { timeout: 20_000 }, async () => {
  await assertRuns([], { env: { GMR: 'off' } });
  const fixture = spawnFixture(STAYS, { env: { GMR: 'off' } });
  await assertSignalKills(fixture);
  assert.equal(fixture.stderr, '');
});

test('the permission model without worker threads is one line', { timeout: 20_000 }, async (context) => {
  const execArgv = permission();
  if (execArgv === null) return context.skip('this Node has no permission model');
  await assertRuns([/^guru-meditation: not installed: the permission model forbids worker threads/], { execArgv });
  await assertSignalKills(spawnFixture(STAYS, { execArgv }));
});

test(
  'the permission model with workers but no inspector aborts nothing, and ports are read',
  { timeout: 20_000 },
  async (context) => {
    const execArgv = permission('--allow-worker');
    if (execArgv === null) return context.skip('this Node has no permission model');
    const code = `new (require('node:worker_threads').Worker)(\`
    require('node:worker_threads').parentPort.postMessage(0); setTimeout(() => { for (;;); }, 100)\`, { eval: true })
    .on('message', () => setTimeout(() => console.log('ready'), 400)); setInterval(() => {}, 1e6)`;
    const fixture = spawnFixture(code, { execArgv, env: { GMR_FORMAT: 'json' } });
    try {
      await fixture.ready();
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      assert.equal(report.threads.find((thread) => thread.threadId === 0)?.readBy, 'port');
      const forbids = report.report.notRead.some(({ why }) => /permission model.* forbids the inspector/.test(why));
      const worker = report.threads.find((thread) => thread.threadId === 2);
      assert.equal(worker?.readBy, forbids ? 'kernel' : 'inspector', JSON.stringify(report.report.notRead));
      assert.equal(fixture.process.exitCode, null);
    } finally {
      await fixture.stop();
    }
  },
);

for (const format of ['cjs', 'esm'] as const) {
  test(`an application bundled into one ${format} file runs without its sentinel`, { timeout: 20_000 }, async () => {
    const outfile = join(folder, format === 'cjs' ? 'bundle.cjs' : 'bundle.mjs');
    await build({
      stdin: { contents: `import 'guru-meditation/register'; ${RUNS}`, resolveDir: ROOT },
      alias: { 'guru-meditation/register': REGISTER },
      outfile,
      format,
      bundle: true,
      platform: 'node',
      logLevel: 'silent',
      ...(format === 'esm'
        ? {
            banner: {
              js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
            },
          }
        : {}),
    });
    await assertRuns(
      [/^guru-meditation: not installed: its files are not where they were installed/],
      { preload: 'none' },
      outfile,
    );
  });
}

test('a frozen globalThis is one line', { timeout: 20_000 }, async () => {
  const freezes = scratch('freezes.cjs', 'Object.freeze(globalThis)');
  const execArgv = ['-r', freezes, '-r', REGISTER];
  const app = scratch('app.cjs', RUNS);
  await assertRuns([/^guru-meditation: not installed: globalThis is frozen/], { preload: 'none', execArgv }, app);
});

test('a globalThis that is frozen after us changes nothing', { timeout: 20_000 }, async () => {
  const freezes = scratch('freezesLater.cjs', `setTimeout(() => Object.freeze(globalThis), 20); ${RUNS}`);
  await assertRuns([], {}, freezes);
});

for (const runtime of ['electron', 'bun', 'deno']) {
  test(`${runtime} is one line`, { timeout: 20_000 }, async () => {
    const pretends = scratch(
      `${runtime}.cjs`,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${runtime}: '1.0.0' } })`,
    );
    const execArgv = ['-r', pretends, '-r', REGISTER];
    const app = scratch('app.cjs', RUNS);
    await assertRuns([new RegExp(`not installed: this runtime is ${runtime}`)], { preload: 'none', execArgv }, app);
  });
}

test("a SIGUSR2 listener of the application's from before us keeps the signal", { timeout: 20_000 }, async () => {
  const listens = scratch('listens.cjs', `process.on('SIGUSR2', () => console.log('theirs'))`);
  const fixture = spawnFixture(STAYS, { preload: 'none', execArgv: ['-r', listens, '-r', REGISTER] });
  await fixture.ready();
  fixture.signal('SIGUSR2');
  await fixture.line(/^theirs$/);
  await fixture.stop();
  assertLines(fixture.stderr, [
    /^guru-meditation: SIGUSR2 is used by a listener of the application; choose another signal/,
  ]);
});

test(
  "a SIGUSR2 listener of the application's that comes later gets the signal for itself",
  { timeout: 20_000 },
  async () => {
    const code = `${STAYS}; setTimeout(() => { process.on('SIGUSR2', () => console.log('theirs', process.listenerCount('SIGUSR2')));
    console.log('listens') }, 300)`;
    const fixture = spawnFixture(code);
    await fixture.line(/^listens$/);
    fixture.signal('SIGUSR2');
    await fixture.line(/^theirs 1$/);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // Longer than a report of the sentinel's would take.
    await fixture.stop();
    assertLines(fixture.stderr, [/^guru-meditation: the application listens to SIGUSR2 itself/]);
  },
);

test('another signal works where the application uses SIGUSR2', { timeout: 20_000 }, async () => {
  const code = `process.on('SIGUSR2', () => console.log('theirs')); ${STAYS}`;
  const fixture = spawnFixture(code, { env: { GMR_SIGNAL: 'SIGURG', GMR_FORMAT: 'json' } });
  try {
    await fixture.ready();
    fixture.signal('SIGURG');
    assert.deepEqual((await fixture.report()).report.trigger, { kind: 'signal', detail: 'SIGURG' });
    fixture.signal('SIGUSR2');
    await fixture.line(/^theirs$/);
  } finally {
    await fixture.stop();
  }
});

test('under nodemon SIGUSR2 stays its signal', { timeout: 20_000 }, async () => {
  const parent = scratch(
    'nodemon.js',
    `const child = require('node:child_process').spawn(process.execPath, ['-r', ...process.argv.slice(2)], { stdio: 'inherit' });
    process.on('SIGTERM', () => child.kill('SIGUSR2'));
    child.on('exit', (code, signal) => process.exit(signal === 'SIGUSR2' ? 12 : 13));`,
  );
  const args = [REGISTER, scratch('underNodemon.cjs', STAYS)];
  const fixture = spawnFixture(parent, { preload: 'none', args });
  await fixture.ready();
  fixture.signal('SIGTERM');
  assert.deepEqual(await fixture.exited(), { code: 12, signal: null });
  assertLines(fixture.stderr, [/^guru-meditation: SIGUSR2 is used by nodemon, which restarts the application with it/]);
});

test("Node's own report on the same signal comes as well, and is named", { timeout: 20_000 }, async () => {
  const reports = mkdtempSync(join(folder, 'reports-'));
  const execArgv = ['--report-on-signal', `--report-directory=${reports}`];
  const fixture = spawnFixture(STAYS, { execArgv, env: { GMR_FORMAT: 'json' } });
  try {
    await fixture.ready();
    fixture.signal('SIGUSR2');
    assert.equal((await fixture.report()).report.trigger.detail, 'SIGUSR2');
    await fixture.line(/^Node\.js report completed$/);
    assert.equal(readdirSync(reports).length, 1);
    assert.match(fixture.stderr, /^guru-meditation: SIGUSR2 also writes Node's diagnostic report/);
  } finally {
    await fixture.stop();
  }
});

test('a script that is done at once exits at once, with its code', { timeout: 20_000 }, async () => {
  for (const [code, exit] of [
    ['', 0],
    ['process.exitCode = 4', 4],
    ['process.exit(6)', 6],
    ['setTimeout(() => process.exit(8), 10)', 8],
  ] as const) {
    const fixture = spawnFixture(code || ';', { timeoutMs: 5000 });
    assert.deepEqual(await fixture.exited(), { code: exit, signal: null });
    assert.equal(fixture.stdout + fixture.stderr, '');
  }
});

const BAD = { GMR_DEADLINE_MS: 'soon' };

test('a bad variable is one line, and the default is used', { timeout: 20_000 }, async () => {
  const fixture = spawnFixture(STAYS, { env: { ...BAD, GMR_FORMAT: 'json' } });
  try {
    await fixture.ready();
    assertLines(fixture.stderr, [
      /^guru-meditation: GMR_DEADLINE_MS: expected a whole number of ms .*, got "soon"; the default is used/,
    ]);
    fixture.signal('SIGUSR2');
    assert.equal((await fixture.report()).report.complete, true);
    assertQuiet(fixture.stderr);
  } finally {
    await fixture.stop();
  }
});

test(
  'a bad variable under GMR_STRICT=1 is an error, and the application does not start',
  { timeout: 20_000 },
  async () => {
    const fixture = spawnFixture(RUNS, { env: { ...BAD, GMR_STRICT: '1' } });
    assert.deepEqual(await fixture.exited(), { code: 1, signal: null });
    assert.equal(fixture.stdout, '');
    assert.match(fixture.stderr, /GMR_DEADLINE_MS: expected a whole number of ms .*, got "soon"/);
  },
);
