import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  assert.ok(JSON.stringify(readConfiguration(huge)).length < 400_000);
});

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
