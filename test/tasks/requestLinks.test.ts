import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitsFor } from '../../src/report/types.js';
import { linkRequests as linking } from '../../src/tasks/requestLinks.js';
import { runAtOnce } from '../../src/tasks/slices.js';

const CHARGE: WaitsFor = { kind: 'http-out', what: 'GET payments:443 /charge' };
const AWAIT = 'charge\tpay.js\t9\t5\ta';
const EXECUTOR = '\tpay.js\t3\t9\t\nPromise\t\t\t\tn\nget\tpay.js\t2\t5\t\ncharge\tpay.js\t9\t11\t';
const FETCH =
  'dispatch\tnode:internal/deps/undici/undici\t1\t1\t\nfetch\tnode:internal/x\t1\t1\t\ncharge\tpay.js\t9\t11\t';
const INSIDE = 'httpNetworkFetch\tnode:internal/deps/undici/undici\t1\t1\ta';

const linkRequests = (
  requests: Parameters<typeof linking>[0],
  chains: Parameters<typeof linking>[1],
): Map<number, WaitsFor> => runAtOnce(linking(requests, chains, []));

const request = (promise: number, creation: string | null): Parameters<typeof linking>[0][number] => ({
  record: { promise, creation: () => creation },
  waitsFor: CHARGE,
});

test('the promise made just before the request, by what the awaiting function called, waits for it', () => {
  const links = linkRequests([request(7, EXECUTOR)], [{ id: 7, stack: AWAIT }]);
  assert.deepEqual([...links], [[7, CHARGE]]);
});

test('fetch makes promises of its own in between', () => {
  const links = linkRequests(
    [request(12, FETCH)],
    [
      { id: 7, stack: AWAIT },
      { id: 12, stack: INSIDE },
    ],
  );
  assert.deepEqual([...links.keys()], [7]);
});

test('a promise that the function made by itself before an unawaited request is not taken for the request', () => {
  const unawaited = 'get\tnode:http\t1\t1\t\ncharge\tpay.js\t8\t3\t';
  assert.equal(linkRequests([request(7, unawaited)], [{ id: 7, stack: AWAIT }]).size, 0);
});

test('nor is one from before a fetch that nobody awaits', () => {
  const chains = [
    { id: 6, stack: AWAIT },
    { id: 7, stack: '' },
  ];
  assert.equal(linkRequests([request(12, FETCH)], chains).size, 0);
});

test('nor one that another function awaits, nor one that is much older', () => {
  assert.equal(linkRequests([request(7, EXECUTOR)], [{ id: 7, stack: 'other\tpay.js\t1\t1\ta' }]).size, 0);
  assert.equal(linkRequests([request(700, FETCH)], [{ id: 7, stack: AWAIT }]).size, 0);
});

test('requests without a creation stack go by equal ones that have one', () => {
  const chains = [
    { id: 7, stack: AWAIT },
    { id: 9, stack: AWAIT },
    { id: 11, stack: 'other\tpay.js\t1\t1\ta' },
  ];
  const links = linkRequests([request(7, EXECUTOR), request(9, null), request(11, null)], chains);
  assert.deepEqual([...links.keys()], [7, 9]);
});
