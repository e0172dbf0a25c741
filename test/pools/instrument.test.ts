/** What `instrument` takes and refuses, and how it holds what it took. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitterAsyncResource } from 'node:events';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { test } from 'node:test';
import { Piscina } from 'piscina';
import { Tinypool } from 'tinypool';
import { GuruError, instrument } from '../../src/index.js';
import { checkPool, InstrumentedPools } from '../../src/pools/instrument.js';
import { describePools } from '../../src/pools/threadPools.js';
import { ROOT } from '../harness/spawn.js';

const BOUND = { timeout: 60_000 };
const WORKER = join(ROOT, 'test/fixtures/poolsWorker.cjs');

function trap(): never {
  throw new Error('the object was asked');
}

function refused(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GuruError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test('what is no pool is refused with what was expected and what came', BOUND, () => {
  const nothings: [unknown, string][] = [
    [null, 'null'],
    [undefined, 'undefined'],
    [7, 'a number'],
    [[], 'an array'],
    [Piscina, 'a function \\(a pool is what `new` of its class makes\\)'],
    [{ threads: [], options: {} }, 'another object'],
    [new EventEmitterAsyncResource({ name: 'Piscina' }), 'another object'],
    [new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap }), 'another object'],
  ];
  for (const [value, shown] of nothings) {
    const message = new RegExp(`^instrument: expected a pool of .*piscina.*, got ${shown}$`);
    assert.throws(() => instrument(value as object, { name: 'x' }), refused('GMR_POOL', message));
  }
});

test('a name that is none is refused before the pool is looked at', BOUND, () => {
  for (const name of ['', '  ', 7, null] as string[])
    assert.throws(
      () => instrument({}, { name }),
      refused('GMR_OPTION', /^instrument: name: expected a non-empty string, got/),
    );
  assert.throws(
    () => instrument({}, null as never),
    refused('GMR_OPTION', /^instrument: expected an object of options, got null$/),
  );
});

test(
  'pools of both libraries and of subclasses are taken, handed back, and told with what they know',
  BOUND,
  async () => {
    class Renderer extends Piscina {
      override get threads(): never {
        return trap();
      }
    }
    const given = { filename: WORKER, minThreads: 1, maxThreads: 2, maxQueue: 9 };
    const made = [new Renderer(given), new Piscina(given), new Tinypool({ ...given, filename: WORKER })];
    const pools = new InstrumentedPools();
    for (const [index, pool] of made.entries()) {
      assert.equal(instrument(pool), pool);
      pools.add(pool, checkPool(pool, { name: `pool ${index}` }));
    }
    const told = describePools(pools, [], 'port', 0);
    assert.deepEqual(
      told.map(({ name, kind }) => [name, kind]),
      [
        ['pool 0', 'piscina'],
        ['pool 1', 'piscina'],
        ['pool 2', 'tinypool'],
      ],
    );
    for (const { facts } of told)
      assert.deepEqual([facts?.minThreads, facts?.maxThreads, facts?.maxQueue, facts?.threadIds.length], [1, 2, 9, 1]);
    await Promise.all(made.map((pool) => pool.destroy()));
    assert.deepEqual(describePools(pools, [], 'port', 0), [], 'a pool that was destroyed is told no longer');
  },
);

test('inside an interrupt a pool is told as it was last read, and one whose getters fail as well', BOUND, async () => {
  const pool = new Tinypool({ filename: WORKER, minThreads: 1, maxThreads: 1 });
  const pools = new InstrumentedPools();
  pools.add(pool, checkPool(pool, { name: 'one' }));
  const [hung] = describePools(pools, [], 'inspector', 0);
  assert.equal(hung?.facts?.maxThreads, 1);
  assert.match(hung?.notRead ?? '', /between turns of its loop only/);
  const getter = Object.getOwnPropertyDescriptor(Tinypool.prototype, 'threads');
  Object.defineProperty(Tinypool.prototype, 'threads', { configurable: true, get: trap });
  try {
    const [failed] = describePools(pools, [], 'port', 0);
    assert.equal(failed?.facts?.maxThreads, 1);
    assert.match(failed?.notRead ?? '', /^it could not be read: the object was asked$/);
  } finally {
    Object.defineProperty(Tinypool.prototype, 'threads', getter ?? {});
    await pool.destroy();
  }
});

test('a pool that nobody else holds is collected, and told no longer', BOUND, () => {
  const script = `
    import { instrument } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};
    import { EventEmitterAsyncResource } from 'node:events';
    class Pool extends EventEmitterAsyncResource {
      get threads() { return []; } get options() { return {}; } get queueSize() { return 0; } get completed() { return 0; }
      get duration() { return 0; } get utilization() { return 0; }
    }
    let collected = 0;
    const registry = new FinalizationRegistry(() => collected++);
    for (let index = 0; index < 3; index++) registry.register(instrument(new Pool({ name: 'p' }), { name: 'p' + index }));
    for (let round = 0; collected < 3 && round < 200; round++) { gc(); await new Promise((done) => setTimeout(done, 20)); }
    console.log(collected);`;
  const args = ['-r', join(ROOT, 'dist/register.cjs'), '--expose-gc', '--input-type=module', '--eval', script];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
  assert.deepEqual([child.stdout.trim(), child.stderr], ['3', '']);
});

test('without an installation, and under GMR=off, a pool is handed back and that is all', BOUND, () => {
  const script = `
    import { instrument } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};
    import { Piscina } from ${JSON.stringify(fileURLToPath(import.meta.resolve('piscina')))};
    const pool = new Piscina({ filename: ${JSON.stringify(WORKER)} });
    console.log(instrument(pool, { name: 'p' }) === pool);
    await pool.destroy();`;
  for (const env of [{}, { GMR: 'off' }]) {
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 50_000,
    });
    assert.deepEqual([child.stdout.trim(), child.stderr], ['true', '']);
  }
});
