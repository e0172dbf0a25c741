/** What the probe makes of a list of a thread's promises, and that it leaves no trace in the thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join } from 'node:path';
import type { HeapFindings } from '../../src/protocol.js';
import { ROOT } from '../harness/spawn.js';
import { run } from './harness.js';

const PROBE = join(ROOT, 'dist/guru-meditation-heap-probe.js');

/**
 * Runs `work`, which may use `never()`, `scan(limits)` and `print(value)`. The thread looks into itself here, which only a
 * test may do; what the probe does is the same.
 */
function scanned<Result>(work: string): Result {
  return run<Result>(
    `
const { Session } = require('node:inspector');
const probe = require('node:fs').readFileSync(${JSON.stringify(PROBE)}, 'utf8');
const held = []; const never = () => new Promise((resolve) => held.push(resolve));
const native = Promise;
const print = (value) => require('node:fs').writeSync(1, JSON.stringify(value) + '\\n');
globalThis.nativePrototype = native.prototype;
function scan({ placesMax = 2000, placesMs = 5000, ownFiles = [] } = {}) {
  const session = new Session();
  session.connect();
  const post = (method, params) => { let found; session.post(method, params, (error, result) => { if (error) throw error; found = result; }); return found; };
  const { objectId: prototypeObjectId } = post('Runtime.evaluate', { expression: 'nativePrototype' }).result;
  const { objectId } = post('Runtime.queryObjects', { prototypeObjectId }).objects;
  const functionDeclaration = 'function () { ' + probe + '\\nreturn guruMeditationHeapProbe.awaited(this, ' + JSON.stringify({ placesMax, placesMs, ownFiles }) + '); }';
  const { value } = post('Runtime.callFunctionOn', { objectId, functionDeclaration, returnByValue: true }).result;
  session.disconnect();
  return JSON.parse(value);
}
${work}
`,
    { mode: null },
  );
}

const places = ({ groups }: HeapFindings): string[] =>
  groups.map(({ count, awaitStack }) => `${count} x ${awaitStack.map((frame) => frame.function).join(' < ')}`);

const PENDING = `async function query() { await never(); } async function handle() { await query(); }
for (let index = 0; index < 5; index++) handle();`;

test('each chain counts once, by its innermost await, and settled promises do not', { timeout: 30_000 }, () => {
  const found = scanned<HeapFindings>(
    `${PENDING} for (let index = 0; index < 500; index++) held.push(Promise.resolve(index)); setTimeout(() => print(scan()), 10);`,
  );
  assert.deepEqual(places(found), ['5 x query < handle']);
  assert.equal(found.pending, 5);
  assert.equal(found.placesRead, 10);
  assert.deepEqual(found.notRead, []);
  assert.deepEqual(
    found.groups.map(({ ageMs, ages, ids }) => [ageMs, ages, ids]),
    [[null, [], []]],
  );
});

test('a chain of files that are this package is left out', { timeout: 30_000 }, () => {
  const found = scanned<HeapFindings>(`${PENDING} setTimeout(() => print(scan({ ownFiles: [__filename] })), 10);`);
  assert.deepEqual(places(found), []);
  assert.equal(found.pending, 0);
});

test('what the limits leave out is counted', { timeout: 30_000 }, () => {
  const found = scanned<HeapFindings>(
    `async function one() { await never(); } for (let index = 0; index < 3000; index++) one(); setTimeout(() => print(scan({ placesMax: 100 })), 10);`,
  );
  assert.ok(found.placesRead >= 100 && found.placesRead < 200, String(found.placesRead));
  assert.match(
    found.notRead.join(),
    /^places of \d{4} promises in the heap not read, pending or settled: limit of 100 places$/,
  );
});

test('what only looks like a promise does no harm, and nothing of it is called', { timeout: 30_000 }, () => {
  const found = scanned<HeapFindings>(`
class Odd extends Promise {
  static get [Symbol.species]() { if (isArmed) throw new Error('species'); return Promise; }
  then(...callbacks) { if (isArmed) throw new Error('then'); return super.then(...callbacks); }
}
let isArmed = false;
Object.defineProperty(Odd.prototype, 'constructor', { get() { if (isArmed) throw new Error('constructor'); return Odd; } });
const trap = () => { if (isArmed) throw new Error('trap'); };
held.push(Object.create(Promise.prototype), new Proxy(Promise.resolve(), { get: trap, getPrototypeOf: trap, ownKeys: trap }), new Odd(() => {}));
${PENDING}
setTimeout(() => {
  isArmed = true;
  const then = Promise.prototype.then;
  Promise.prototype.then = () => { throw new Error('then'); };
  Error.prepareStackTrace = () => { throw new Error('prepareStackTrace'); };
  Error.stackTraceLimit = 0;
  Object.freeze(Error);
  const found = scan();
  Promise.prototype.then = then;
  print(found);
}, 10);`);
  assert.deepEqual(places(found), ['5 x query < handle']);
});

test(
  'a promise that was looked at is as pending, and its rejection as unhandled, as before',
  { timeout: 30_000 },
  () => {
    const events = scanned<string[]>(`
const events = [];
process.on('unhandledRejection', (reason) => { events.push('unhandled ' + reason); });
process.on('rejectionHandled', () => { events.push('handled'); });
let fail; let go;
const alone = new Promise((_, reject) => { fail = reject; });
(async () => { events.push('resumed with ' + await new Promise((resolve) => { go = resolve; })); })();
setTimeout(() => {
  scan(); scan();
  events.push(...Reflect.ownKeys(alone).map(String));
  go(7); fail('alone');
  setTimeout(() => print(events), 10);
}, 10);`);
    assert.deepEqual(events, ['resumed with 7', 'unhandled alone']);
  },
);

test('async hooks of the application see nothing of it', { timeout: 30_000 }, () => {
  const { found, seen } = scanned<{ found: HeapFindings; seen: number }>(`
let seen = 0; let isScanning = false;
require('node:async_hooks').createHook({ init(id, type) { if (isScanning && type === 'PROMISE') seen++; } }).enable();
${PENDING}
setTimeout(() => { isScanning = true; const found = scan(); isScanning = false; print({ found, seen }); }, 10);`);
  assert.equal(seen, 0);
  if (places(found).length > 0) assert.deepEqual(places(found), ['5 x query < handle']);
  else assert.match(found.notRead.join(), /own promise hooks would run/);
});
