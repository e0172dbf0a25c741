/** Threads that libraries start for themselves, beside the application's own: real processes with packages as these lie on disk. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { spawnFixture, type FixtureOptions } from '../harness/spawn.js';

const PARKED = `
const { workerData, parentPort } = require('node:worker_threads');
parentPort.postMessage('up');
Atomics.wait(new Int32Array(workerData), 0, 0);
`;
const TURNS = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', () => {});
parentPort.postMessage('up');
`;
const START = `
const { Worker } = require('node:worker_threads');
exports.start = (file, name) => new Promise((resolve) => {
  const worker = new Worker(file, { name, workerData: new SharedArrayBuffer(4) });
  worker.once('message', resolve);
});
`;

/** What lies where, by path in the application's folder. */
const FILES: Record<string, string> = {
  'package.json': '{ "name": "shop" }',
  'node_modules/thread-stream/package.json': '{ "name": "thread-stream", "main": "index.js" }',
  'node_modules/thread-stream/index.js': `${START}exports.open = () => exports.start(__dirname + '/lib/worker.js');`,
  'node_modules/thread-stream/lib/worker.js': PARKED,
  'node_modules/synckit/package.json': '{ "name": "synckit", "main": "lib/index.js" }',
  'node_modules/synckit/lib/index.js': `${START}
exports.createSyncFn = async (file) => {
  await exports.start(file);
  return () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};`,
  'format.js': TURNS,
  'worker.js': TURNS,
  'lib/worker.js': PARKED,
  'main.js': `${START}
const { open } = require('thread-stream');
const { createSyncFn } = require('synckit');
(async () => {
  await open();
  const format = await createSyncFn(__dirname + '/format.js');
  await exports.start(__dirname + '/worker.js', 'own');
  await exports.start(__dirname + '/lib/worker.js', 'own parked');
  setInterval(() => {}, 1_000_000);
  setTimeout(() => {
    require('node:fs').writeSync(1, 'ready\\n');
    if (process.argv[2] === 'waits') format();
  }, 300);
})();`,
};

async function reportOf(program: string, options: FixtureOptions): Promise<Report> {
  const fixture = spawnFixture(program, { ...options, env: { GMR_FORMAT: 'json' }, timeoutMs: 30_000 });
  try {
    await fixture.ready();
    // What is parked for a second and more would be an alarm.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    fixture.signal('SIGUSR2');
    return await fixture.report();
  } finally {
    await fixture.stop();
  }
}

for (const way of ['turns', 'waits']) {
  test(
    `helper threads are named and raise no alarm, and no other thread is one, while main ${way}`,
    { timeout: 60_000 },
    async (t) => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gmr-helpers-')));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      for (const [name, text] of Object.entries(FILES)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const report = await reportOf(join(folder, 'main.js'), { args: [way], cwd: folder });
      const helpers = report.threads.filter(({ role }) => role === 'helper');
      assert.deepEqual(helpers.map(({ helper }) => helper).sort(), [
        'logging (thread-stream)',
        'synchronous bridge (synckit)',
      ]);
      const others = report.threads.filter(({ role }) => role !== 'helper');
      assert.deepEqual(others.map(({ role, helper }) => [role, helper]).sort(), [
        ['main', null],
        ['worker', null],
        ['worker', null],
      ]);
      const ids = helpers.map(({ threadId }) => threadId);
      assert.deepEqual(
        report.verdicts.filter(({ threadId }) => ids.includes(threadId ?? -1)),
        [],
      );
      const isMainStuck = report.verdicts.some(
        ({ threadId, code }) => threadId === 0 && code === 'thread-atomics-wait',
      );
      assert.equal(isMainStuck, way === 'waits', JSON.stringify(report.verdicts));
    },
  );
}

test('the thread of the module hooks of tsx is a helper where there is one', { timeout: 60_000 }, async () => {
  const code = "setInterval(() => {}, 1e6); setTimeout(() => require('node:fs').writeSync(1, 'ready\\n'), 300)";
  const report = await reportOf(code, { execArgv: ['--import', 'tsx'] });
  assert.deepEqual(
    report.threads.flatMap(({ threadId, role, helper }) => (threadId === 0 ? [] : [[role, helper]])),
    report.threads.length === 1 ? [] : [['helper', 'module hooks']],
  );
  assert.deepEqual(
    report.verdicts.filter(({ threadId }) => threadId !== 0 && threadId !== null),
    [],
  );
});
