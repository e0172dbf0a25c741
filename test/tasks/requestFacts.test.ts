import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, isInFlight } from '../../src/tasks/requestFacts.js';

const BOUND = { timeout: 20_000 };

function pathOf(path: unknown): string {
  return factsOf('undici', { origin: 'https://payments', method: 'GET', path }, null).path;
}

function hostOf(origin: unknown): string {
  return factsOf('undici', { origin, path: '/' }, null).host;
}

test('a path comes without query, and with no long id or token in it', () => {
  for (const [path, shown] of [
    ['/charge?card=4111', '/charge'],
    ['/charge#top', '/charge'],
    ['/users/1234/orders', '/users/1234/orders'],
    ['/v1/customer-invoices-of-the-last-year.json', '/v1/customer-invoices-of-the-last-year.json'],
    ['/reports/2024-11-23-quarterly-report-final', '/reports/2024-11-23-quarterly-report-final'],
    ['/users/3f2b8c1e-9a7d-4e5f-8b6c-1d2e3f4a5b6c/orders', '/users/***/orders'],
    ['/reset/xkcd9fQ2LmZ81vBtRyW7Pq3HsK0aJd', '/reset/***'],
    ['/download/token-5f4dcc3b5aa765d61d8327deb882cf99.zip?x', '/download/***'],
    ['', '/'],
    [undefined, '/'],
  ] as const) {
    assert.equal(pathOf(path), shown);
  }
});

test('a huge path is bounded', BOUND, () => {
  for (const piece of ['a', 'a1', '/a1', '-', '%20', '/aaaaaaaaaaaaaaa']) {
    assert.ok(pathOf(`/${piece.repeat(1_000_000)}`).length <= 203, piece);
  }
});

test('the host has its port, and names nobody', () => {
  assert.equal(hostOf('https://payments'), 'payments:443');
  assert.equal(hostOf(new URL('http://user:hunter2@payments:8080')), 'payments:8080');
  assert.equal(hostOf('http://[::1]'), '[::1]:80');
});

test('of HTTP/2 the headers tell', () => {
  const headers = { ':method': 'POST', ':path': '/charge?x', ':authority': 'payments', ':scheme': 'https' };
  assert.deepEqual(factsOf('http2-client', {}, headers), {
    kind: 'http-out',
    method: 'POST',
    host: 'payments:443',
    path: '/charge',
  });
});

test('a request is in flight until it has an end of any kind', () => {
  assert.ok(isInFlight('undici', { completed: false, aborted: false, upgrade: null }));
  assert.ok(!isInFlight('undici', { completed: true, aborted: false }));
  assert.ok(!isInFlight('undici', { completed: false, aborted: true }));
  assert.ok(!isInFlight('undici', { completed: false, aborted: false, upgrade: 'websocket' }));
  assert.ok(isInFlight('client', { destroyed: false }));
  assert.ok(!isInFlight('server', { destroyed: true }));
});
