/** The preview of a task's payload: bounded, redacted, and without a question to what it shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { previewOf } from '../../src/tasks/payload.js';

const BOUND = { timeout: 10_000 };

function trap(): never {
  throw new Error('the value was asked');
}

test('a value is shown as JSON, with secrets masked by key and by shape', BOUND, () => {
  const payload = { invoice: 4711, apiKey: 'x1', to: 'https://user:hunter2@host/', list: ['a', null, true] };
  assert.equal(
    previewOf(payload, 500),
    '{"invoice":4711,"apiKey":"***","to":"https://user:***@host/","list":["a",null,true]}',
  );
});

test('nothing of the value is called', BOUND, () => {
  const hostile = Object.defineProperty({ toJSON: trap, toString: trap, [Symbol.toPrimitive]: trap }, 'trap', {
    enumerable: true,
    get: trap,
  });
  const traps = { get: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap };
  const proxy = new Proxy({}, traps);
  const list = Object.defineProperty([1, 2], 1, { get: trap });
  assert.equal(
    previewOf({ hostile, proxy, list }, 500),
    '{"hostile":{"toJSON":"(function)","toString":"(function)","trap":"(getter)"},"proxy":"(proxy)","list":[1,"(getter)"]}',
  );
  assert.equal(previewOf(proxy, 500), '"(proxy)"');
});

test('what is no plain data is named', BOUND, () => {
  const odd = [new Date(), new Map(), new Set(), Buffer.from('secret'), new ArrayBuffer(2), 10n, undefined, Number.NaN];
  assert.equal(
    previewOf(odd, 500),
    '["(date)","(map)","(set)","(binary data)","(binary data)","(bigint)","(undefined)","NaN"]',
  );
});

test('whatever comes is cut: long, wide, deep, circular', BOUND, () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  assert.equal(previewOf(circular, 500), '{"self":{"self":{"self":{"self":"(object)"}}}}');
  assert.match(previewOf({ list: Array.from({ length: 1000 }, () => 1) }, 500) ?? '', /,1,"\(980 more\)"\]\}$/);
  assert.match(
    previewOf(Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`k${key}`, key])), 900) ?? '',
    /"…":"\(30 more\)"\}$/,
  );
  const wide = (depth: number): unknown => (depth === 0 ? 1 : Array.from({ length: 20 }, () => wide(depth - 1)));
  assert.ok((previewOf(wide(4), 1_000_000) ?? '').length < 10_000);
  assert.equal(previewOf('x'.repeat(1_000_000), 100)?.length, 100);
  for (const bytes of [1, 2, 3, 4, 5, 6, 7]) assert.ok(Buffer.byteLength(previewOf('ä€𝄞ä', bytes) ?? '') <= bytes);
  assert.doesNotMatch(previewOf('ä€𝄞ä', 4) ?? '', /\uFFFD/);
});

test('a secret that the cut would go through is masked whole', BOUND, () => {
  const token = `ghp_${'a1B2'.repeat(10)}`;
  assert.doesNotMatch(previewOf(`${'x '.repeat(20)}${token}`, 60) ?? '', /ghp_/);
});
