/** Awaits beside requests that are not what they wait for: a wrong link is worse than none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskSnapshot } from '../../src/protocol.js';
import { run } from './harness.js';

const BOUND = { timeout: 60_000 };

const PROGRAM = `const http = require('node:http');
const stream = require('node:stream');
const { once } = require('node:events');
const { finished, pipeline } = require('node:stream/promises');
let origin, arrived = 0, isEarly = false;
require('node:diagnostics_channel').subscribe('http.client.request.created', () => { isEarly = true; });
const forever = () => new Promise(() => {});
const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const audit = async () => new Promise(() => {});
const get = (path) => new Promise((resolve, reject) => http.get(origin + path, resolve).on('error', reject));
const open = () => new stream.Readable({ read() {} });
const sink = () => new stream.Writable({ write: (chunk, encoding, done) => done() });
const server = http.createServer((incoming, response) => {
  arrived++;
  if (incoming.url.startsWith('/body/')) response.write('some of it');
});
const start = (requests, main) => server.listen(0, '127.0.0.1', async () => {
  origin = 'http://127.0.0.1:' + server.address().port;
  main();
  while (arrived < requests) await soon(5);
  await soon(200);
  console.log(JSON.stringify({ snapshot: reader.snapshot(request), isEarly }));
  process.exit();
});
`;

/** What the awaits of these functions wait for, as `count name path`; without a path where that is no request. */
function awaitsOf(program: string, names: readonly string[], requests = 1): { told: string[]; isEarly: boolean } {
  const script = `${PROGRAM}\n${program}\nstart(${requests}, main);`;
  const { snapshot, isEarly } = run<{ snapshot: TaskSnapshot; isEarly: boolean }>(script);
  assert.deepEqual(snapshot.notRead, []);
  const told = snapshot.groups.flatMap(({ type, count, awaitStack, waitsFor }) => {
    const name = names.find((one) => awaitStack.some((frame) => frame.function === one));
    if (type !== 'await' || name === undefined) return [];
    return [`${count} ${name} ${waitsFor?.what.replace(/^GET [^ ]* /, '') ?? ''}`.trim()];
  });
  return { told: told.sort(), isEarly };
}

/** One `main`, whose own await waits for something else. */
function assertApart(program: string, requests = 1): void {
  assert.deepEqual(awaitsOf(program, ['main'], requests).told, ['1 main']);
}

test('of two requests made in one go only one may be awaited by events.once', BOUND, () => {
  const { told, isEarly } = awaitsOf(
    `async function main() {
  const left = http.get(origin + '/left', () => {}), right = http.get(origin + '/right');
  await once(right, 'response');
}`,
    ['main'],
    2,
  );
  assert.deepEqual(told, [isEarly ? '1 main /right' : '1 main']);
});

test('two requests made in one go are told apart', BOUND, () => {
  const program = `async function main() { await Promise.all([get('/left'), forever(), get('/right')]); }`;
  const { told, isEarly } = awaitsOf(program, ['main'], 2);
  assert.deepEqual(told, isEarly ? ['1 main', '1 main /left', '1 main /right'] : ['1 main', '1 main', '1 main']);
});

test('of two one may be answered', BOUND, () => {
  const program = `async function main() { await Promise.all([get('/left'), get('/body/right')]); }`;
  const { told, isEarly } = awaitsOf(program, ['main'], 2);
  assert.deepEqual(told, [isEarly ? '1 main /left' : '1 main']);
  const fetched = `async function main() { await Promise.all([fetch(origin + '/left'), fetch(origin + '/body/right')]); }`;
  assert.deepEqual(awaitsOf(fetched, ['main'], 2).told, ['1 main /left']);
});

test(
  'the first to come of a request and something else is one await, and of two requests it is for none',
  BOUND,
  () => {
    const one = awaitsOf(`async function main() { await Promise.race([get('/left'), forever()]); }`, ['main']);
    assert.deepEqual(one.told, [one.isEarly ? '1 main /left' : '1 main']);
    assertApart(`async function main() { await Promise.race([get('/left'), get('/right')]); }`, 2);
  },
);

/** A callback that makes a call beside what the await waits for. */
const beside = (call: string): string =>
  `async function main() { await soon(1).then(() => { const other = forever(); ${call}; return other; }); }`;

test('a request in a callback that the await waits for as well is not what it waits for', BOUND, () => {
  assertApart(beside(`get('/side')`));
  assertApart(beside(`get('/body/side')`));
  assertApart(beside(`http.get(origin + '/side', () => {})`));
});

test('what was resolved when the request was sent waits for nothing any more', BOUND, () => {
  assertApart(`function notify(path) { return new Promise((resolve) => { http.get(origin + path, () => {}); resolve(); }); }
async function main() {
  const other = forever();
  notify('/side');
  await other;
}`);
});

test('awaits of what was there before are not for a request that was answered since', BOUND, () => {
  assertApart(`async function main() { const other = forever(); await get('/body/side'); await other; }`);
  assertApart(`async function main() { await Promise.all([forever(), get('/body/side')]); }`);
  assertApart(`async function main() { await Promise.all([forever(), fetch(origin + '/body/side')]); }`);
});

test('a listener of events.once that somebody else awaits makes no await one for the request', BOUND, () => {
  assertApart(`async function main() {
  const outgoing = http.get(origin + '/side');
  once(outgoing, 'response').then(() => {});
  await audit();
}`);
});

const READERS: [what: string, program: string, requests?: number][] = [
  [
    'somebody else reads it, and the function another stream',
    `async function pump(response) { for await (const chunk of response) void chunk; }
async function main() { pump(await get('/body/side')); for await (const chunk of open()) void chunk; }`,
  ],
  [
    'a callback reads it, and the function another stream',
    `async function main() {
  http.get(origin + '/body/side', (response) => stream.pipeline(response, sink(), () => {}));
  for await (const chunk of open()) void chunk;
}`,
  ],
  [
    'a callback reads it, and the function waits for something else',
    `async function main() { stream.pipeline(await get('/body/side'), sink(), () => {}); await forever(); }`,
  ],
  [
    'its end is awaited by a callback',
    `async function main() { const response = await get('/body/side'); once(response.resume(), 'end').then(() => {}); await audit(); }`,
  ],
  [
    'its end is awaited later',
    `async function main() {
  const ended = once((await get('/body/side')).resume(), 'end');
  await audit();
  await ended;
}`,
  ],
  [
    'another function awaits its end',
    `async function track(response) { await once(response, 'end'); }
async function main() { track((await get('/body/side')).resume()); await audit(); }`,
  ],
];

for (const [what, program] of READERS) {
  test(`the function that made the request does not wait for its response when ${what}`, BOUND, () =>
    assertApart(program),
  );
}

test(
  'responses to different requests that one function reads are not told apart, equal ones need not be',
  BOUND,
  () => {
    const program = `async function load(path) { const response = await get(path); for await (const chunk of response) void chunk; }
async function main() { load('/body/left'); load('/body/right'); await forever(); }`;
    assert.deepEqual(awaitsOf(program, ['load'], 2).told, ['2 load']);
    const equal = awaitsOf(program.replace('right', 'left'), ['load'], 2);
    assert.deepEqual(equal.told, [equal.isEarly ? '2 load /body/left' : '2 load']);
  },
);

test('their callers tell them apart', BOUND, () => {
  const { told, isEarly } = awaitsOf(
    `async function load(path) { const response = await get(path); await pipeline(response, sink()); }
async function left() { await load('/body/left'); }
async function right() { await load('/body/right'); }
async function main() { left(); right(); await forever(); }`,
    ['left', 'right'],
    2,
  );
  assert.deepEqual(told, isEarly ? ['1 left /body/left', '1 right /body/right'] : ['1 left', '1 right']);
});
