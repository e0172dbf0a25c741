/** `whyAlive()` on real processes, held against why-is-node-running. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { KeptAlive } from '../../src/report/types.js';
import { parseLog } from '../../src/tasks/whyIsNodeRunning.js';
import { assertQuiet, FIXTURES, ROOT, spawnFixture } from '../harness/spawn.js';

const PACKAGE = JSON.stringify(`file://${join(ROOT, 'dist/index.js')}`);
const ALIVE = join(FIXTURES, 'alive.mjs');

/** What the fixture makes, as far as why-is-node-running says where. */
const PLACED_TYPES = [
  'FSEVENTWRAP',
  'MESSAGEPORT',
  'PIPEWRAP',
  'PIPEWRAP',
  'PROCESSWRAP',
  'TCPSERVERWRAP',
  'TCPWRAP',
  'Timeout',
  'WORKER',
];

interface Answer {
  lists: KeptAlive[][];
  log: string[];
}

/** `TYPE line` of what was made in the fixture. */
function placed(list: readonly Pick<KeptAlive, 'type' | 'createdAt'>[]): string[] {
  return list
    .flatMap(({ type, createdAt }) => {
      const frame = createdAt.find(({ file }) => file === ALIVE);
      return frame === undefined ? [] : [`${type} ${frame.line}`];
    })
    .sort();
}

/** Runs a program to its end, and gives the JSON it printed. */
async function answerOf(program: string, env: Record<string, string>): Promise<unknown> {
  const fixture = spawnFixture(program, { inputType: 'module', env, timeoutMs: 20_000 });
  try {
    assert.deepEqual(await fixture.exited(), { code: 0, signal: null }, fixture.stderr);
    assertQuiet(fixture.stderr);
    assert.equal(fixture.stderr, '');
    return JSON.parse(fixture.stdout) as unknown;
  } finally {
    await fixture.stop();
  }
}

describe('whyAlive names the handles and places that why-is-node-running names, each time it is asked', () => {
  for (const mode of ['on', 'full']) {
    test(`tasks: ${mode}`, { timeout: 40_000 }, async () => {
      const { lists, log } = (await answerOf(ALIVE, { GMR_TASKS: mode })) as Answer;
      const expected = placed(parseLog(log, () => false).resources);
      assert.deepEqual(
        expected.map((line) => line.split(' ')[0]),
        PLACED_TYPES,
      );
      assert.equal(lists.length, 3);
      for (const list of lists) {
        assert.deepEqual(placed(list), expected);
        for (const { source, ref, since, ageMs, createdAt } of list.filter(({ source: who }) => who === 'tracker')) {
          assert.deepEqual([source, ref], ['tracker', true]);
          assert.ok(ageMs !== null && since !== null && Date.parse(since) <= Date.now());
          assert.ok(createdAt.every(({ column, file }) => file === null || column !== null));
        }
      }
    });
  }
});

test(
  'why-is-node-running is loaded only when it is asked for, and no hook of it stays',
  { timeout: 40_000 },
  async () => {
    const code = `import { whyAlive } from ${PACKAGE};
    import { executionAsyncId } from 'node:async_hooks';
    let turning = true;
    const turn = () => turning && setImmediate(turn);
    const types = async (options) => (await whyAlive(options)).map(({ type, source }) => type + ' ' + source);
    const wearsIds = () => Object.getOwnPropertySymbols(Promise.resolve()).length;
    turn();
    const seen = { before: await types(), during: await types({ lookMs: 200 }), after: await types(), ids: wearsIds() };
    turning = false;
    seen.errors = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')?.value?.name ?? null;
    console.log(JSON.stringify(seen));`;
    const bare = `console.log(JSON.stringify(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')?.value?.name ?? null))`;
    const seen = (await answerOf(code, {})) as Record<string, unknown>;
    assert.deepEqual(seen, {
      before: [],
      during: ['Immediate why-is-node-running'],
      after: [],
      ids: 0,
      errors: await answerOf(bare, {}),
    });
  },
);

test('a program in which nothing keeps it alive ends, whyAlive or not', { timeout: 40_000 }, async () => {
  const code = `import { whyAlive } from ${PACKAGE};
    process.on('exit', () => console.log('[]'));
    void whyAlive({ lookMs: 600_000 });`;
  for (const mode of ['on', 'full', 'off']) assert.deepEqual(await answerOf(code, { GMR_TASKS: mode }), []);
});

test(
  "an application's own Error settings and hooks never suffer from why-is-node-running",
  { timeout: 40_000 },
  async () => {
    const code = `import { whyAlive } from ${PACKAGE};
    const staying = setInterval(() => {}, 1e6);
    await whyAlive({ lookMs: 20 });
    delete Error.stackTraceLimit;
    const looking = whyAlive({ lookMs: 100 });
    for (let count = 0; count < 20; count++) await new Promise((resolve) => setTimeout(resolve, 5));
    await looking;
    Error.stackTraceLimit = 10;
    Object.freeze(Error);
    const again = whyAlive({ lookMs: 100 });
    for (let count = 0; count < 20; count++) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log(JSON.stringify([...new Set((await again).map(({ type, source }) => type + ' ' + source))]));
    clearInterval(staying);`;
    for (const mode of ['on', 'full']) assert.deepEqual(await answerOf(code, { GMR_TASKS: mode }), ['Timeout tracker']);
  },
);

test('a bad argument names the option, what was expected and what came', { timeout: 20_000 }, async () => {
  const code = `import { whyAlive } from ${PACKAGE};
    const told = [];
    for (const given of [5, { lookMs: -1 }, { lookMs: 'soon' }])
      await whyAlive(given).catch((error) => told.push([error.code, error.message]));
    console.log(JSON.stringify(told));`;
  assert.deepEqual(await answerOf(code, {}), [
    ['GMR_OPTION', 'whyAlive: expected an object of options, got 5'],
    ['GMR_OPTION', 'lookMs: expected a whole number of ms up to 600000, got -1'],
    ['GMR_OPTION', 'lookMs: expected a whole number of ms up to 600000, got "soon"'],
  ]);
});

test('a worker is told of its own handles, and without tracking Node counts them', { timeout: 20_000 }, async () => {
  const inWorker = `setInterval(() => {}, 1e6);
    Promise.all([import('node:worker_threads'), import(${PACKAGE})]).then(async ([{ parentPort }, { whyAlive }]) => parentPort.postMessage(await whyAlive()));`;
  const code = `import { Worker } from 'node:worker_threads';
    const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true });
    worker.once('message', (list) => { console.log(JSON.stringify(list.map(({ type, source }) => type + ' ' + source))); worker.terminate(); });`;
  assert.deepEqual(await answerOf(code, {}), ['Timeout tracker']);
  const counted = (await answerOf(code, { GMR_TASKS: 'off' })) as string[];
  assert.ok(counted.includes('Timeout node') && counted.every((line) => line.endsWith(' node')), counted.join());
});
