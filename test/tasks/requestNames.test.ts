import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestFacts } from '../../src/tasks/requestFacts.js';
import { nameRequests, PATHS_MAX } from '../../src/tasks/requestNames.js';

const get = (path: string, host = 'payments:443'): RequestFacts => ({ kind: 'http-out', method: 'GET', host, path });
const whats = (facts: RequestFacts[]): string[] => nameRequests(facts).map(({ what }) => what);

test('a request is named by method, host and path, and equal ones share one name', () => {
  const [one, other] = nameRequests([get('/charge'), get('/charge')]);
  assert.deepEqual(one, { kind: 'http-out', what: 'GET payments:443 /charge' });
  assert.equal(one, other);
});

test('of a host with many paths only those that many ask for are named', () => {
  const ids = Array.from({ length: 20 }, (_, id) => get(`/users/${id}`));
  const many = Array.from({ length: 100 }, () => get('/charge'));
  const names = whats([...many, ...ids, get('/health', 'auth:80')]);
  assert.deepEqual(
    [...new Set(names)],
    ['GET payments:443 /charge', 'payments:443, other paths', 'GET auth:80 /health'],
  );
  assert.equal(names.filter((name) => name === 'payments:443, other paths').length, 20);
});

test('few paths are all named, however seldom', () => {
  const paths = Array.from({ length: PATHS_MAX }, (_, id) => get(`/${id}`));
  const names = whats([...paths, ...Array.from({ length: 500 }, () => get('/0'))]);
  assert.equal(new Set(names).size, PATHS_MAX);
});

test('what comes in and what goes out never share a name', () => {
  const [one, other] = nameRequests([{ ...get('/a'), kind: 'http-in' }, get('/a')]);
  assert.notEqual(one, other);
});
