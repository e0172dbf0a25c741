import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import type { WaitsFor } from '../../src/report/types.js';
import type { AskedPromise } from '../../src/tasks/awaitChains.js';
import { linkRequests as linking, type LinkedRequest, type RequestLinks } from '../../src/tasks/requestLinks.js';
import { runAtOnce } from '../../src/tasks/slices.js';

const CHARGE: WaitsFor = { kind: 'http-out', what: 'GET payments:443 /charge' };
const REFUND: WaitsFor = { kind: 'http-out', what: 'GET payments:443 /refund' };
const AWAIT = 'charge\tpay.js\t9\t5\ta';
const EXECUTOR = '\tpay.js\t3\t9\t\nPromise\t\t\t\tn\nget\tpay.js\t2\t5\t\ncharge\tpay.js\t9\t11\t';
const FETCH =
  'dispatch\tnode:internal/deps/undici/undici\t1\t1\t\nfetch\tnode:internal/x\t1\t1\t\ncharge\tpay.js\t9\t11\t';
const INSIDE = 'httpNetworkFetch\tnode:internal/deps/undici/undici\t1\t1\ta';
const PLAIN = 'get\tnode:http\t1\t1\t\ncharge\tpay.js\t8\t3\t';

const promise = (given: Pick<AskedPromise, 'id' | 'stack'> & Partial<AskedPromise>): AskedPromise => ({
  parent: 0,
  waiters: 1,
  derived: 0,
  ...given,
});

function linkRequests(
  requests: readonly LinkedRequest[],
  chains: readonly (Pick<AskedPromise, 'id' | 'stack'> & Partial<AskedPromise>)[],
  returning = new Map<number, number>(),
): RequestLinks {
  const asked = chains.map(promise);
  const listed = asked.filter(({ id }) => !returning.has(id));
  return runAtOnce(linking(requests, { chains: { asked: listed, alone: [], returning }, asked, unasked: [] }));
}

const request = (number: number, creation: string | null, waitsFor = CHARGE, object?: object): LinkedRequest => ({
  record: { promise: number, creation: () => creation, deref: () => object },
  waitsFor,
});

/** One that is never sent. */
const unsent = (listen: (request: http.ClientRequest) => void = () => {}): http.ClientRequest => {
  const made = Object.assign(Object.create(http.ClientRequest.prototype) as http.ClientRequest, { res: null });
  listen(made);
  return made;
};

test('the promise made just before the request, by what the awaiting function called, waits for it', () => {
  const { waits } = linkRequests([request(7, EXECUTOR)], [{ id: 7, stack: AWAIT }]);
  assert.deepEqual([...waits], [[7, CHARGE]]);
});

test('fetch makes promises of its own in between', () => {
  const chains = [
    { id: 7, stack: AWAIT },
    { id: 12, stack: INSIDE },
  ];
  assert.deepEqual([...linkRequests([request(12, FETCH)], chains).waits.keys()].sort(), [7]);
});

test('without them it was answered, and the older promise is another', () => {
  assert.equal(linkRequests([request(12, FETCH)], [{ id: 7, stack: AWAIT }]).waits.size, 0);
});

test('a promise that the function made by itself before an unawaited request is not taken for the request', () => {
  assert.equal(linkRequests([request(7, PLAIN)], [{ id: 7, stack: AWAIT }]).waits.size, 0);
});

test('nor is one from before a fetch that nobody awaits', () => {
  const chains = [
    { id: 6, stack: AWAIT },
    { id: 7, stack: '' },
  ];
  assert.equal(linkRequests([request(12, FETCH)], chains).waits.size, 0);
});

test('nor one that another function awaits, nor one that is much older', () => {
  const other = [{ id: 7, stack: 'other\tpay.js\t1\t1\ta' }];
  assert.equal(linkRequests([request(7, EXECUTOR)], other).waits.size, 0);
  assert.equal(linkRequests([request(700, FETCH)], [{ id: 7, stack: AWAIT }]).waits.size, 0);
});

test('nor one that was made before a call of a function that only has the name of fetch', () => {
  const own = 'get\tnode:http\t1\t1\t\nfetch\tpay.js\t1\t1\t\ncharge\tpay.js\t9\t11\t';
  assert.equal(linkRequests([request(7, own)], [{ id: 7, stack: AWAIT }]).waits.size, 0);
});

test('where promises settled in between, the await must be the one that called what made it', () => {
  assert.equal(linkRequests([request(8, EXECUTOR)], [{ id: 7, stack: AWAIT }]).waits.size, 1);
  const later = 'charge\tpay.js\t10\t5\ta';
  assert.equal(linkRequests([request(8, EXECUTOR)], [{ id: 7, stack: later }]).waits.size, 0);
  const laterInLine = 'charge\tpay.js\t9\t40\ta';
  assert.equal(linkRequests([request(8, EXECUTOR)], [{ id: 7, stack: laterInLine }]).waits.size, 0);
});

test('what runs in a chain of callbacks is known by who awaits the chain', () => {
  const creation = '\tpay.js\t3\t9\t\nPromise\t\t\t\tn\nget\tpay.js\t2\t5\t\ncharge\tpay.js\t9\t5\ta';
  const asked = [{ id: 7, stack: AWAIT }];
  const waiting = unsent((one) => one.on('response', () => {}));
  assert.equal(linkRequests([request(8, creation, CHARGE, waiting)], asked).waits.size, 1);
  const answered = unsent((one) => Object.assign(one, { res: {} }));
  assert.equal(linkRequests([request(8, creation, CHARGE, answered)], asked).waits.size, 0);
});

test('elements of Promise.all are told apart, and one is not taken for another that was answered', () => {
  const chains = [0, 1].map((index) => ({ id: 7 + index, stack: `all\t\t\t\t#${index}\n${AWAIT}` }));
  const both = linkRequests([request(7, EXECUTOR), request(8, EXECUTOR, REFUND)], chains);
  assert.deepEqual(
    [...both.waits],
    [
      [7, CHARGE],
      [8, REFUND],
    ],
  );
  const answered = unsent((one) => Object.assign(one, { res: {} }));
  assert.equal(linkRequests([request(8, EXECUTOR, REFUND, answered)], chains.slice(0, 1)).waits.size, 0);
});

test('a promise that two requests fit is linked to none', () => {
  const requests = [request(7, EXECUTOR), request(7, EXECUTOR, REFUND)];
  assert.equal(linkRequests(requests, [{ id: 7, stack: AWAIT }]).waits.size, 0);
  assert.equal(linkRequests(requests.slice(1), [{ id: 7, stack: AWAIT }]).waits.get(7), REFUND);
});

test('a request that nobody listens to settles nothing', () => {
  const chains = [{ id: 7, stack: AWAIT }];
  assert.equal(linkRequests([request(7, EXECUTOR, CHARGE, unsent())], chains).waits.size, 0);
  const heard = unsent((one) => one.on('close', () => {}));
  assert.equal(linkRequests([request(7, EXECUTOR, CHARGE, heard)], chains).waits.size, 1);
});

test('events.once makes its promises after the request, and is known by its listener', () => {
  const chains = [
    { id: 8, stack: AWAIT, derived: 10 },
    { id: 9, stack: AWAIT },
  ];
  const returning = new Map([[8, 9]]);
  const listened = unsent((one) => void once(one, 'response').catch(() => {}));
  assert.deepEqual([...linkRequests([request(7, PLAIN, CHARGE, listened)], chains, returning).waits], [[9, CHARGE]]);
  const named = unsent((one) => one.on('response', function resolver() {}));
  assert.equal(linkRequests([request(7, PLAIN, CHARGE, named)], chains, returning).waits.size, 0);
  assert.equal(linkRequests([request(4, PLAIN, CHARGE, listened)], chains, returning).waits.size, 0);
});

test('listeners that are hostile are not called, and are no sign', () => {
  const hostile = unsent((one) => {
    const trap = { get: () => assert.fail('called'), ownKeys: () => assert.fail('called') };
    one.on('response', new Proxy(() => {}, trap));
    Object.defineProperty(one, '_events', { value: new Proxy({}, trap) });
  });
  assert.equal(linkRequests([request(7, PLAIN, CHARGE, hostile)], [{ id: 8, stack: AWAIT }]).waits.size, 0);
});

test('requests without a creation stack go by equal ones that have one', () => {
  const chains = [
    { id: 7, stack: AWAIT },
    { id: 9, stack: AWAIT },
    { id: 11, stack: 'other\tpay.js\t1\t1\ta' },
  ];
  const { waits } = linkRequests([request(7, EXECUTOR), request(9, null), request(11, null)], chains);
  assert.deepEqual([...waits.keys()], [7, 9]);
});

test('the promise of an async function that returned that of a request is a link of the same chain', () => {
  const chains = [
    { id: 3, stack: AWAIT, derived: 4 },
    { id: 7, stack: AWAIT, derived: 20 },
    { id: 9, stack: AWAIT, derived: 21 },
    { id: 14, stack: INSIDE },
  ];
  const { waits, returning } = linkRequests([request(14, FETCH)], chains);
  assert.deepEqual([...waits.keys()], [9]);
  assert.deepEqual([...returning], [7], 'that of 3 was awaited before');
});

test('so it is when it returned it after an await of its own, and not when a callback did', () => {
  const creation = '\tpay.js\t3\t9\t\nPromise\t\t\t\tn\napi\tpay.js\t2\t5\t\ncharge\tpay.js\t9\t5\ta';
  const chains = [
    { id: 3, stack: AWAIT, derived: 4 },
    { id: 9, stack: AWAIT },
  ];
  assert.deepEqual([...linkRequests([request(9, creation)], chains).returning], [3]);
  const ofCallback = { id: 5, stack: AWAIT, parent: -1 };
  assert.deepEqual([...linkRequests([request(9, creation)], [...chains, ofCallback]).returning], []);
});
