import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { buildSync } from 'esbuild';
import { resolveOptions } from '../../src/resolveOptions.js';
import {
  readConfiguration,
  readConfigurationDocs,
  readEnvironment,
  readNodeOptions,
  readOwnOptions,
} from '../../src/sections/configuration.js';

/** What convict 6 gives for `getSchema()`. */
const convict = {
  getProperties: () => ({ ip: '127.0.0.1', db: { host: 'x', phrase: 'hunter2', inner: { unset: null } } }),
  getSchema: () => ({
    _cvtProperties: {
      ip: { doc: 'The address', format: 'ipaddress', default: '127.0.0.1', env: 'IP' },
      db: {
        _cvtProperties: {
          host: { doc: 'Its host', default: 'x', format: 'string' },
          phrase: { default: 'p', format: 'string', sensitive: true },
          inner: { _cvtProperties: { unset: { default: null, format: '*', sensitive: true } } },
        },
      },
    },
  }),
};

function thrower(): never {
  throw new Error('no');
}

test('objects are groups, all else stands under default, and everything is sorted', () => {
  const configuration = readConfiguration({ port: 1, database: { z: 1, a: { y: 1, b: 2 } }, host: 'h', list: [2, 1] });
  assert.equal(
    JSON.stringify(configuration),
    '{"database":{"a":{"b":2,"y":1},"z":1},"default":{"host":"h","list":[2,1],"port":1}}',
  );
});

test('a group named default keeps its own values beside the scalars', () => {
  assert.deepEqual(readConfiguration({ port: 1, default: { a: 2 } }), { default: { a: 2, port: 1 } });
});

test('a function is called; what it throws, or cannot give, is said', () => {
  assert.deepEqual(
    readConfiguration(() => ({ a: { b: 1 } })),
    { a: { b: 1 } },
  );
  assert.deepEqual(readConfiguration(thrower), { default: { error: 'the function threw: no' } });
  assert.match(JSON.stringify(readConfiguration(async () => ({}))), /returned a promise/);
  assert.match(JSON.stringify(readConfiguration(() => undefined)), /returned nothing/);
  assert.deepEqual(readConfiguration(null), {});
  assert.deepEqual(
    readConfiguration(() => 'text'),
    { default: { value: 'text' } },
  );
});

test('a convict instance has its sensitive options masked, set or not, and its documentation known', () => {
  assert.deepEqual(readConfiguration(convict), {
    db: { host: 'x', inner: { unset: '***' }, phrase: '***' },
    default: { ip: '127.0.0.1' },
  });
  assert.deepEqual(
    readConfiguration(() => convict),
    readConfiguration(convict),
  );
  assert.deepEqual(readConfigurationDocs(convict), { ip: 'The address', 'db.host': 'Its host' });
  assert.deepEqual(readConfigurationDocs({ a: 1 }), {});
});

test('a node-config module is read by its own toObject', () => {
  const config = { a: { b: 1 }, util: { toObject: () => ({ a: { b: 1 }, c: 2 }) }, get: () => 1 };
  assert.deepEqual(readConfiguration(config), { a: { b: 1 }, default: { c: 2 } });
});

test('a configuration that fights back gives a clear form and no throw', () => {
  const circular: Record<string, unknown> = { a: 1 };
  circular['self'] = circular;
  assert.deepEqual(readConfiguration(circular), { default: { a: 1, self: '(circular: $)' } });
  assert.match(JSON.stringify(readConfiguration(new Proxy({}, { get: thrower, ownKeys: thrower }))), /no/);
  assert.match(JSON.stringify(readConfiguration({ getSchema: thrower, getProperties: thrower })), /"error":"no"/);
  const huge = { text: 'x'.repeat(10_000_000), list: Array.from({ length: 100_000 }, () => 'y'.repeat(100)) };
  const cut = readConfiguration(huge)['default'] as { text: string; list: unknown[] };
  assert.ok(JSON.stringify(cut).length < 400_000);
  assert.match(cut.text, /^x+… \(\d{7} more characters\)$/);
  assert.match(String(cut.list.at(-1)), /^\(\d+ more items\)$/);
});

test('keys that are too many say how many more there are', () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, 'v'.repeat(100)]));
  const cut = readConfiguration(() => ({ many }))['many'] as Record<string, string>;
  assert.ok(Object.keys(cut).length < 1000);
  assert.match(cut['…'] ?? '', /^\(99\d{3} more keys\)$/);
});

/** As the package gives it: by `require`, or as the namespace of a dynamic import. */
async function load(name: string, how: 'require' | 'import'): Promise<unknown> {
  return how === 'require' ? createRequire(import.meta.url)(name) : await import(name);
}

interface RealConvict {
  (schema: object): { load(values: object): void };
}

test('an instance of the package convict is read, with what it calls sensitive masked', async () => {
  const make = (await load('convict', 'require')) as RealConvict;
  const instance = make({
    port: { doc: 'The port', format: 'port', default: 8080 },
    db: {
      host: { doc: 'Its host', format: String, default: 'db1' },
      phrase: { format: String, default: 'hunter2', sensitive: true },
      unset: { format: String, default: null, nullable: true, sensitive: true },
      deep: { list: { format: Array, default: ['hunter2'], sensitive: true } },
    },
  });
  instance.load({ db: { host: 'db2' } });
  const expected = {
    db: { deep: { list: '***' }, host: 'db2', phrase: '***', unset: '***' },
    default: { port: 8080 },
  };
  assert.deepEqual(readConfiguration(instance), expected);
  assert.deepEqual(
    readConfiguration(() => instance),
    expected,
  );
  assert.deepEqual(readConfigurationDocs(instance), { port: 'The port', 'db.host': 'Its host' });
});

test(
  'the module of the package config is read, however it was loaded, also when it has become immutable',
  { timeout: 30_000 },
  (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gmr-config-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const values = { port: 80, db: { host: 'x', list: [1, { a: 2 }] } };
    writeFileSync(join(folder, 'default.json'), JSON.stringify(values));
    const contents = `import { readConfiguration } from './src/sections/configuration.ts'; import * as space from 'config';
    const config = space.default; config.get('db.host');
    process.stdout.write(JSON.stringify([config, () => config, space, config.get('db')].map((one) => readConfiguration(one))));`;
    const script = join(process.cwd(), '.test', 'nodeConfig.mjs');
    t.after(() => rmSync(script, { force: true }));
    buildSync({
      stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'error',
    });
    const { stdout, stderr, status } = spawnSync(process.execPath, [script], {
      encoding: 'utf8',
      timeout: 20_000,
      env: { PATH: process.env['PATH'], NODE_CONFIG_DIR: folder },
    });
    assert.equal(status, 0, stderr);
    const whole = { db: values.db, default: { port: 80 } };
    assert.deepEqual(JSON.parse(stdout), [whole, whole, whole, { default: values.db }]);
  },
);

test('our own options, those of the runtime and the allowed variables are groups of their own', () => {
  const { options } = resolveOptions({ serviceName: 'billing', config: () => ({}), onReport: () => {} }, {});
  const own = readOwnOptions(options)['guru-meditation'] as Record<string, unknown>;
  assert.equal(own['serviceName'], 'billing');
  assert.equal(own['config'], '(a function)');
  assert.deepEqual(Object.keys(own), Object.keys(own).sort());
  assert.deepEqual(readNodeOptions(['--no-warnings'], {}), {
    node: { NODE_OPTIONS: null, execArgv: ['--no-warnings'] },
  });
  assert.deepEqual(readEnvironment(['B', 'A', 'B'], { A: '1', C: '2' }), { environment: { A: '1', B: null } });
  assert.deepEqual(readEnvironment([], { A: '1' }), {});
});
