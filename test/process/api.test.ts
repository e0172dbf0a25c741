/** The public API, as an application uses it: from ESM and from CommonJS, with and without the preload, in two copies. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { assertQuiet, ROOT, spawnFixture, type FixtureOptions } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-api-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const INDEX = join(ROOT, 'dist/index.js');
/** Requiring an ES module is worth a warning to Node 20 and 22; it is Node's, and about the program's own call. */
const FORMS = {
  import: {
    load: (file: string) => `import * as gmr from ${JSON.stringify(`file://${file}`)};`,
    inputType: 'module',
    execArgv: [],
  },
  require: {
    load: (file: string) => `const gmr = require(${JSON.stringify(file)});`,
    inputType: 'commonjs',
    execArgv: ['--no-warnings'],
  },
} as const;

/** Runs `body`, which calls `print` with something JSON can hold, once. */
async function printedBy<Printed>(
  form: keyof typeof FORMS,
  body: string,
  options: FixtureOptions = {},
): Promise<Printed> {
  const { load, inputType, execArgv } = FORMS[form];
  const code = `${load(INDEX)}
    const print = (value) => require('node:fs').writeSync(1, JSON.stringify(value) + '\\n');
    (async () => { ${body} })().then(() => process.exit(0), (error) => { console.error(error); process.exit(1) });`;
  const requires =
    inputType === 'module' ? `import { createRequire } from 'node:module'; const require = createRequire('/');` : '';
  const fixture = spawnFixture(`${requires}${code}`, {
    inputType,
    ...options,
    execArgv: [...execArgv, ...(options.execArgv ?? [])],
  });
  try {
    assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
    assertQuiet(fixture.stderr);
    return JSON.parse(fixture.stdout) as Printed;
  } finally {
    await fixture.stop();
  }
}

for (const form of ['import', 'require'] as const) {
  for (const preload of ['require', 'none'] as const) {
    describe(`by ${form}, ${preload === 'none' ? 'without' : 'with'} the preload`, () => {
      test('setup, registerSection, report and render work together', { timeout: 20_000 }, async () => {
        const { report, text, json } = await printedBy<{ report: Report; text: string; json: Report }>(
          form,
          `gmr.setup({ serviceName: 'billing-api', version: '1.2.3', config: () => ({ database: { host: 'db' } }) });
          gmr.registerSection('Switches', () => ({ feature_x: true }));
          const remove = gmr.registerSection('Gone', () => 1); remove();
          const report = await gmr.report();
          print({ report, text: gmr.render(report, 'text'), json: JSON.parse(gmr.render(report, 'json')) });`,
          { preload },
        );
        assert.equal(report.report.trigger.kind, 'api');
        assert.equal(report.process.serviceName, 'billing-api');
        assert.equal(report.package.version, '1.2.3');
        assert.deepEqual(report.configuration['database'], { host: 'db' });
        assert.deepEqual(
          report.sections.map(({ title, data }) => [title, data]),
          [['Switches', { feature_x: true }]],
        );
        assert.deepEqual(
          report.threads.map(({ threadId, instrumented }) => [threadId, instrumented]),
          [[0, true]],
        );
        assert.match(text, /^==== Guru Meditation ==== billing-api 1\.2\.3 ====/);
        assert.match(text, /feature_x = true/);
        assert.deepEqual(json, report);
      });
    });
  }
}

test(
  'without the preload a worker is read by inspector when the report is first asked for',
  { timeout: 20_000 },
  async () => {
    const { threads } = await printedBy<Report>(
      'import',
      `const { Worker } = require('node:worker_threads');
    new Worker('setTimeout(function hangs() { for (;;); }, 0)', { eval: true });
    await new Promise((resolve) => setTimeout(resolve, 400));
    print(await gmr.report());`,
      { preload: 'none' },
    );
    const worker = threads.find((thread) => thread.role === 'worker');
    assert.equal(worker?.readBy, 'inspector');
    assert.equal(worker.instrumented, false);
    assert.equal(worker.stack[0]?.function, 'hangs');
  },
);

test('an environment variable wins over setup, and later calls add to earlier ones', { timeout: 20_000 }, async () => {
  const report = await printedBy<Report>(
    'import',
    `gmr.setup({ serviceName: 'from setup', deadline: 800 }); gmr.setup({ version: '2.0.0' }); print(await gmr.report());`,
    { env: { GMR_SERVICE_NAME: 'from environment' } },
  );
  assert.equal(report.process.serviceName, 'from environment');
  assert.equal(report.package.version, '2.0.0');
  assert.equal((report.configuration['guru-meditation'] as Record<string, unknown>)['deadline'], 800);
});

test('two copies of the package in one process are one installation', { timeout: 20_000 }, async () => {
  const copy = join(folder, 'copy');
  cpSync(join(ROOT, 'dist'), copy, { recursive: true });
  const found = await printedBy<{ reports: Report[]; workers: number; listeners: number }>(
    'import',
    `const other = await import(${JSON.stringify(`file://${join(copy, 'index.js')}`)});
    require(${JSON.stringify(join(copy, 'register.cjs'))});
    let workers = 0; process.on('worker', () => workers++);
    gmr.registerSection('Of the first', () => 1);
    other.registerSection('Of the second', () => 2);
    other.setup({ serviceName: 'named by the second' });
    const reports = [await gmr.report(), await other.report()];
    print({ reports, workers, listeners: process.listenerCount('SIGUSR2') });`,
  );
  for (const report of found.reports) {
    assert.equal(report.process.serviceName, 'named by the second');
    assert.deepEqual(
      report.sections.map(({ title }) => title),
      ['Of the first', 'Of the second'],
    );
  }
  assert.deepEqual([found.workers, found.listeners], [0, 1]);
});

test('a section that workers register is one section with a block a thread', { timeout: 20_000 }, async () => {
  const report = await printedBy<Report>(
    'import',
    `const { Worker } = require('node:worker_threads');
    const text = \`import(${JSON.stringify(`file://${INDEX}`)}).then(({ registerSection }) => {
      registerSection('Caches', () => ({ entries: process.getBuiltinModule('node:worker_threads').threadId }), { thread: 'each' });
      registerSection('Hidden', () => 1);
      process.getBuiltinModule('node:worker_threads').parentPort.postMessage('registered'); setInterval(() => {}, 1e6); })\`;
    await Promise.all([1, 2].map(() => new Promise((resolve) => new Worker(text, { eval: true }).once('message', resolve))));
    gmr.registerSection('Caches', () => ({ entries: 0 }), { thread: 'each' });
    gmr.setup({ grace: 400 });
    print(await gmr.report());`,
  );
  assert.deepEqual(report.sections, [
    {
      title: 'Caches',
      data: { main: { entries: 0 }, 'thread 2': { entries: 2 }, 'thread 3': { entries: 3 } },
      error: null,
    },
  ]);
});

test('report() and setup() say where they cannot work', { timeout: 20_000 }, async () => {
  const inWorker = await printedBy<string[]>(
    'import',
    `const { Worker } = require('node:worker_threads');
    const text = \`import(${JSON.stringify(`file://${INDEX}`)}).then(async ({ report, setup }) => {
      const told = await report().catch((error) => error.code + ' ' + error.message);
      try { setup({}); } catch (error) { process.getBuiltinModule('node:worker_threads').parentPort.postMessage([told, error.code + ' ' + error.message]); } })\`;
    print(await new Promise((resolve) => new Worker(text, { eval: true }).once('message', resolve)));`,
  );
  assert.match(inWorker[0] ?? '', /^GMR_UNSUPPORTED report: expected to be called on the main thread/);
  assert.match(inWorker[1] ?? '', /^GMR_UNSUPPORTED setup: expected to be called on the main thread/);
  const off = await printedBy<string>(
    'import',
    `gmr.setup({}); gmr.registerSection('x', () => 1); print(await gmr.report().catch((error) => error.code));`,
    { env: { GMR: 'off' } },
  );
  assert.equal(off, 'GMR_UNSUPPORTED');
});

test('reports that are asked for at once are taken one after the other', { timeout: 20_000 }, async () => {
  const ids = await printedBy<string[]>(
    'import',
    `print((await Promise.all([gmr.report(), gmr.report(), gmr.report()])).map(({ report }) => report.id));`,
  );
  assert.equal(new Set(ids).size, 3, ids.join());
});
