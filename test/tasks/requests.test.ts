import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawTaskGroup, TaskSnapshot } from '../../src/protocol.js';
import { run } from './harness.js';

const BOUND = { timeout: 60_000 };
const UNDICI = JSON.stringify(join(process.cwd(), 'node_modules/undici'));

const SERVER = `const http = require('node:http');
const done = (value) => { console.log(JSON.stringify(value)); process.exit(); };
/** Until so many requests are there, and a promise more was made and settled. */
const until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5)); };
let hanging = [];
const server = http.createServer((incoming, response) => {
  if (incoming.url.startsWith('/hang')) hanging.push(response);
  else response.end('done');
});
let isEarly = false;
require('node:diagnostics_channel').subscribe('http.client.request.created', () => { isEarly = true; });
const listening = new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
`;

interface Found {
  snapshot: TaskSnapshot;
  port: number;
  isEarly: boolean;
}

const waits = ({ groups }: TaskSnapshot, type: string): RawTaskGroup[] =>
  groups.filter((group) => group.type === type && group.waitsFor !== null);

/** `3 x GET host:0 /path` of each group of this type, with 0 for the port. */
function told({ snapshot, port }: Pick<Found, 'snapshot' | 'port'>, type: string): string[] {
  return waits(snapshot, type)
    .map(({ count, waitsFor }) => `${count} x ${waitsFor?.kind} ${waitsFor?.what.replace(`${port}`, '0')}`)
    .sort();
}

test('requests in flight are groups by what they ask for, in and out, without their query', BOUND, () => {
  const found = run<Found>(`${SERVER}
const undici = require(${UNDICI});
listening.then(async (port) => {
  const get = (url) => new Promise((resolve, reject) => http.get(url, resolve).on('error', reject));
  async function viaHttp() { await get('http://127.0.0.1:' + port + '/hang/http?token=hunter2'); }
  async function viaFetch() { await fetch('http://127.0.0.1:' + port + '/hang/fetch?token=hunter2'); }
  async function viaUndici() { await undici.request('http://127.0.0.1:' + port + '/hang/undici?token=hunter2'); }
  for (let count = 0; count < 12; count++) { viaHttp(); viaFetch(); viaUndici(); }
  await until(() => hanging.length === 36);
  done({ snapshot: reader.snapshot(request), port, isEarly });
});`);
  assert.deepEqual(found.snapshot.notRead, []);
  assert.deepEqual(told(found, 'request'), [
    '12 x http-in GET :0 /hang/fetch',
    '12 x http-in GET :0 /hang/http',
    '12 x http-in GET :0 /hang/undici',
    '12 x http-out GET 127.0.0.1:0 /hang/fetch',
    '12 x http-out GET 127.0.0.1:0 /hang/http',
    '12 x http-out GET 127.0.0.1:0 /hang/undici',
  ]);
  const awaits = waits(found.snapshot, 'await').map(
    ({ count, awaitStack, waitsFor }) =>
      `${count} x ${awaitStack[0]?.function} ${waitsFor?.what.replace(/.*\/hang/, '')}`,
  );
  const expected = ['12 x viaFetch /fetch', '12 x viaUndici /undici', ...(found.isEarly ? ['12 x viaHttp /http'] : [])];
  for (const line of expected) assert.ok(awaits.includes(line), `${line} in ${JSON.stringify(awaits)}`);
  assert.ok(!awaits.some((line) => line.includes('undefined')));
  const sockets = waits(found.snapshot, 'TCPWRAP').reduce((sum, { count }) => sum + count, 0);
  assert.equal(sockets, 72, 'each end of each socket says which request it works for');
  assert.ok(waits(found.snapshot, 'TCPWRAP').every(({ waitsFor }) => waitsFor?.what.startsWith('GET ')));
  const types = new Set(found.snapshot.groups.map(({ type }) => type));
  assert.ok(!types.has('HTTPCLIENTREQUEST') && !types.has('HTTPINCOMINGMESSAGE'), 'no request is listed twice');
  assert.doesNotMatch(JSON.stringify(found.snapshot), /hunter2/);
  const made = waits(found.snapshot, 'request').filter(({ createdAt }) =>
    createdAt.some(({ function: name }) => name === 'viaFetch'),
  );
  assert.deepEqual(
    made.map(({ waitsFor, ageMs }) => [waitsFor?.what.replace(/.*\/hang/, ''), (ageMs?.max ?? -1) >= 0]),
    [['/fetch', true]],
  );
});

test('a heartbeat while a report lists requests takes none off the list', BOUND, () => {
  const found = run<{ before: number; after: number }>(`${SERVER}
listening.then(async (port) => {
  for (let count = 0; count < 20; count++) http.get('http://127.0.0.1:' + port + '/hang').on('error', () => {});
  await until(() => hanging.length === 20);
  const listing = tracker.requests.inFlight();
  let before = 0;
  while (before < 10) if (listing.next().value !== null) before++;
  tracker.beat();
  done({ before, after: [...listing].filter((one) => one !== null).length });
});`);
  assert.deepEqual(found, { before: 10, after: 30 });
});

test('answered, aborted and failed requests are forgotten, and a socket kept open waits for nothing', BOUND, () => {
  const found = run<Found & { before: TaskSnapshot }>(`${SERVER}
const undici = require(${UNDICI});
listening.then(async (port) => {
  const origin = 'http://127.0.0.1:' + port;
  const agent = new http.Agent({ keepAlive: true });
  const get = (path) => new Promise((resolve, reject) => {
    http.get(origin + path, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  await get('/ok');
  await (await fetch(origin + '/ok')).text();
  await (await undici.request(origin + '/ok')).body.text();
  const aborting = new AbortController();
  const { signal } = aborting;
  const ends = [
    fetch(origin + '/hang', { signal }), undici.request(origin + '/hang', { signal }),
    new Promise((resolve, reject) => http.get(origin + '/hang', { signal }, resolve).on('error', reject)),
    new Promise((resolve, reject) => http.get(origin + '/hang', (response) => resolve(response)).on('error', reject)),
  ].map((promise) => promise.catch(() => {}));
  ends.push(fetch('http://127.0.0.1:1/refused').catch(() => {}));
  await until(() => hanging.length === 4);
  const before = reader.snapshot(request);
  aborting.abort();
  for (const response of hanging) response.socket.destroy();
  await Promise.all(ends);
  const count = () => reader.snapshot(request).groups.filter(({ type }) => type === 'request').length;
  await until(() => count() === 0);
  done({ before, snapshot: reader.snapshot(request), port, isEarly });
});`);
  const before = told({ snapshot: found.before, port: found.port }, 'request');
  assert.deepEqual(before, ['4 x http-in GET :0 /hang', '4 x http-out GET 127.0.0.1:0 /hang']);
  assert.deepEqual(told(found, 'request'), []);
  const idle = found.snapshot.groups.filter(({ note }) => note?.includes('kept open'));
  assert.ok(idle.some(({ type }) => type === 'TCPWRAP'));
  assert.ok(idle.every(({ waitsFor }) => waitsFor === null));
  assert.ok(!JSON.stringify(told(found, 'TCPWRAP')).includes('GET'));
});

test('sockets say where they lead, and clients are not told apart by their ports', BOUND, () => {
  const found = run<Found>(`${SERVER}
const net = require('node:net');
let accepted = 0;
const echo = net.createServer(() => { accepted++; });
echo.listen(0, '127.0.0.1', async () => {
  const { port } = echo.address();
  const clients = Array.from({ length: 3 }, () => net.connect(port, '127.0.0.1'));
  await until(() => accepted === 3 && clients.every(({ connecting }) => !connecting));
  Object.defineProperty(clients[0], 'remoteAddress', { get() { for (;;); } });
  Object.defineProperty(clients[1], '_httpMessage', { get() { throw new Error('mine'); } });
  done({ snapshot: reader.snapshot(request), port, isEarly });
});`);
  assert.deepEqual(told(found, 'TCPWRAP'), ['3 x socket 127.0.0.1:0', '3 x socket clients of :0']);
});

test('streams of HTTP/2 are requests where the runtime tells of them', BOUND, () => {
  const found = run<Found & { isTold: boolean }>(`${SERVER}
const http2 = require('node:http2');
let isTold = false, streams = 0;
require('node:diagnostics_channel').subscribe('http2.client.stream.created', () => { isTold = true; });
const second = http2.createServer();
second.on('stream', (stream, headers) => {
  if (headers[':path'].startsWith('/hang')) streams++;
  else { stream.respond(); stream.end('done'); }
});
second.listen(0, '127.0.0.1', async () => {
  const { port } = second.address();
  const client = http2.connect('http://127.0.0.1:' + port);
  const closed = client.request({ ':path': '/ok' });
  closed.resume();
  await new Promise((resolve) => closed.on('close', resolve));
  for (let count = 0; count < 5; count++) client.request({ ':path': '/hang?q', ':method': 'POST' });
  await until(() => streams === 5);
  done({ snapshot: reader.snapshot(request), port, isTold });
});`);
  const expected = found.isTold ? ['5 x http-in POST :0 /hang', '5 x http-out POST 127.0.0.1:0 /hang'] : [];
  assert.deepEqual(told(found, 'request'), expected);
  assert.equal(
    found.snapshot.groups.filter(({ type }) => type === 'HTTP2STREAM').length > 0,
    !found.isTold,
    'listed once',
  );
});

test('a request that nobody holds is not kept alive, nor is one that was answered', BOUND, () => {
  const { collected } = run<{ collected: number }>(
    `${SERVER}
let collected = 0;
const gone = new FinalizationRegistry(() => { collected++; });
listening.then(async (port) => {
  const once = () => new Promise((resolve) => {
    const outgoing = http.get('http://127.0.0.1:' + port + '/ok', { agent: false }, (response) => response.resume().on('close', resolve));
    gone.register(outgoing);
    gone.register(new http.ClientRequest({ port, createConnection: () => new (require('node:stream').Duplex)() }).on('error', () => {}));
  });
  for (let count = 0; count < 10; count++) await once();
  const started = Date.now();
  await until(() => { gc(); return collected >= 15 || Date.now() - started > 20_000; });
  done({ collected });
});`,
    { flags: ['--expose-gc'] },
  );
  assert.ok(collected >= 15, `${collected} of 20`);
});

test('hostile requests are read without running anything of theirs', BOUND, () => {
  const found = run<Found>(`${SERVER}
listening.then(async (port) => {
  const requests = Array.from({ length: 4 }, () => http.get('http://127.0.0.1:' + port + '/hang'));
  await until(() => hanging.length === 4);
  for (const key of ['path', 'method', 'socket', 'host']) {
    Object.defineProperty(requests[0], key, { get() { throw new Error('mine'); } });
    Object.defineProperty(requests[1], key, { get() { for (;;); } });
  }
  requests[2].getHeader = () => { throw new Error('mine'); };
  Object.defineProperty(hanging[0].req, 'url', { get() { for (;;); } });
  done({ snapshot: reader.snapshot(request), port, isEarly });
});`);
  assert.deepEqual(found.snapshot.notRead, []);
  const outgoing = waits(found.snapshot, 'request').filter(({ waitsFor }) => waitsFor?.kind === 'http-out');
  assert.equal(
    outgoing.reduce((sum, { count }) => sum + count, 0),
    4,
  );
});

test('with tasks off no channel of Node has a subscriber', BOUND, () => {
  const names = ['http.server.request.start', 'http.client.request.start', 'undici:request:create'];
  const script = `const { channel } = require('node:diagnostics_channel');
const subscribed = () => ${JSON.stringify(names)}.filter((name) => channel(name).hasSubscribers).length;
const before = subscribed(); tracker.setMode('off');
console.log(JSON.stringify([before, subscribed()]));`;
  assert.deepEqual(run(script), [3, 0]);
});

test('answered requests are let go when a few others came, and need not wait for a heartbeat', BOUND, () => {
  const script = `const http = require('node:http');
tracker.beat = () => {};
const answered = [];
const server = http.createServer((_, response) => { answered.push(new WeakRef(response)); response.end('done'); });
server.listen(0, '127.0.0.1', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () => new Promise((resolve) => {
    http.get({ port: server.address().port, agent }, (response) => response.resume().on('end', () => setImmediate(resolve)));
  });
  for (let count = 0; count < 300; count++) await ask();
  gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
  gc();
  const later = answered.slice(250); // The first ones have creation stacks, which hold what ran.
  console.log(JSON.stringify(later.filter((reference) => reference.deref() !== undefined).length));
  process.exit();
});`;
  const held = run<number>(script, { flags: ['--expose-gc'] });
  assert.ok(held <= 10, `${held} of 50 are held`);
});
