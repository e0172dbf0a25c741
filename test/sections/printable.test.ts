import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Json } from '../../src/report/types.js';
import { toJson } from '../../src/sections/printable.js';

function thrower(): never {
  throw new Error('no');
}

test('values that JSON does not know are shown in a readable form', () => {
  const cases: [unknown, Json][] = [
    [10n, '10n'],
    [undefined, '(undefined)'],
    [Number.NaN, 'NaN'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, '(function)'],
    [thrower, '(function thrower)'],
    [new Date('2026-11-22T03:07:11Z'), '2026-11-22T03:07:11.000Z'],
    [new Date(Number.NaN), '(invalid date)'],
    [/a+/g, '/a+/g'],
    [new URL('https://example.com/a'), 'https://example.com/a'],
    [new Uint8Array(300), '(Uint8Array of 300 bytes)'],
    [new ArrayBuffer(8), '(ArrayBuffer of 8 bytes)'],
    [new Set([1, 'a']), [1, 'a']],
    [new Map([['a', 1]]), { a: 1 }],
    [new Map([[{ k: 1 }, 1]]), [[{ k: 1 }, 1]]],
    [Promise.resolve(), '(Promise)'],
    [new WeakMap(), '(WeakMap)'],
    [Object('text'), 'text'],
    [{ toJSON: () => ({ a: 1n }) }, { a: '1n' }],
    [Object.assign([undefined, 1, null], { length: 4 }), ['(undefined)', 1, null, '(undefined)']],
    [Object.create(null), {}],
  ];
  for (const [value, expected] of cases) assert.deepEqual(toJson(value), expected);
});

test('circular values name where the circle closes, and a value that is only shared is shown twice', () => {
  const shared = { a: 1 };
  const value: Record<string, unknown> = { one: shared, two: shared };
  value['inner'] = { list: [value] };
  assert.deepEqual(toJson(value), { one: { a: 1 }, two: { a: 1 }, inner: { list: ['(circular: $)'] } });
});

test('an error keeps its name, message, code, cause and stack', () => {
  const error = Object.assign(new TypeError('bad', { cause: new Error('why') }), { code: 'E_BAD' });
  const json = toJson(error) as Record<string, Json>;
  assert.equal(json['name'], 'TypeError');
  assert.equal(json['message'], 'bad');
  assert.equal(json['code'], 'E_BAD');
  assert.equal((json['cause'] as Record<string, Json>)['message'], 'why');
  assert.ok(Array.isArray(json['stack']));
});

test('getters, proxies and methods that throw are told in their place', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const value = {
    get bad() {
      return thrower();
    },
    proxy: new Proxy({}, { ownKeys: thrower, getPrototypeOf: thrower, get: thrower }),
    revoked: revoked.proxy,
    json: { toJSON: thrower },
    error: Object.defineProperty(new Error('e'), 'message', { get: thrower }),
    thrown: new Proxy([], {
      get: () => {
        throw revoked.proxy;
      },
    }),
    good: 1,
  };
  const json = toJson(value) as Record<string, Json>;
  assert.equal(json['bad'], '(threw: no)');
  assert.equal(json['proxy'], '(unreadable: no)');
  assert.match(String(json['revoked']), /^\(unreadable: /);
  assert.equal(json['json'], '(unreadable: no)');
  assert.match(String(json['thrown']), /^\(unreadable: /);
  assert.equal(json['good'], 1);
});

test('what is too deep, too wide, too long or too much is cut, and says what was cut', () => {
  assert.deepEqual(toJson([[[[1]]]], { depth: 2 }), [['(Array: deeper than 2 levels)']]);
  assert.deepEqual(toJson([1, 2, 3, 4], { width: 2 }), [1, 2, '(2 more items)']);
  assert.deepEqual(toJson({ a: 1, b: 2, c: 3 }, { width: 1 }), { a: 1, '…': '(2 more keys)' });
  assert.deepEqual(
    toJson(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      { width: 1 },
    ),
    { a: 1, '…': '(1 more keys)' },
  );
  assert.deepEqual(toJson(new Set([1, 2, 3]), { width: 1 }), [1, '(2 more items)']);
  assert.equal(toJson('abcdef', { text: 4 }), 'abcd… (2 more characters)');
  const huge = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`key${index}`, 'x'.repeat(25_000)]));
  const text = JSON.stringify(toJson(huge));
  assert.ok(text.length < 400_000, `${text.length} characters are left of 10 MB`);
  assert.match(text, /more characters/);
  assert.match(text, /more keys/);
});

test('an array that claims to be endless ends', { timeout: 10_000 }, () => {
  const json = toJson({ length: 1e9, list: Object.assign([], { length: 4e9 }) }) as Record<string, Json[]>;
  assert.equal(json['list']?.at(-1), '(3999999500 more items)');
});

test('any value becomes JSON, the same as JSON itself where it is JSON already', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
        withNullPrototype: true,
      }),
      (value) => {
        const json = toJson(value);
        assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
      },
    ),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      assert.deepEqual(JSON.stringify(toJson(value)), JSON.stringify(value));
    }),
    { numRuns: 2000 },
  );
});

test('a key named __proto__ is a key like any other', () => {
  const json = toJson(JSON.parse('{"__proto__":{"polluted":true}}'));
  assert.equal(JSON.stringify(json), '{"__proto__":{"polluted":true}}');
});
