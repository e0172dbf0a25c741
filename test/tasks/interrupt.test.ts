import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawFrame, TaskSnapshot } from '../../src/protocol.js';
import { run } from './harness.js';

interface Answer {
  snapshot: TaskSnapshot;
  stack: RawFrame[];
}

/**
 * Runs `work` in a worker, which ends in a hang; another thread interrupts it through the inspector, evaluates there, and
 * main prints the answer.
 */
function interrupt(work: string, flags: string[] = []): Answer {
  return run<Answer>(
    `
const { Worker, isMainThread } = require('node:worker_threads');
const hung = new Worker(${JSON.stringify(`const held = []; const never = () => new Promise((resolve) => held.push(resolve));
${work}`)}, { eval: true });
const prober = () => {
  const { parentPort, threadId } = require('node:worker_threads');
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  let target = null;
  const expression = "JSON.stringify({ snapshot: reader.snapshot({ ...request, lane: 'inspector' }), stack: captureStack() })";
  const ask = () => session.post('NodeWorker.sendMessageToWorker', { sessionId: target, message: JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }) });
  session.on('NodeWorker.attachedToWorker', ({ params }) => { if (target === null && !params.workerInfo.title.includes('worker ' + threadId)) { target = params.sessionId; setTimeout(ask, 300); } });
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
    const { id, result } = JSON.parse(params.message);
    if (id !== 1) return;
    session.post('NodeWorker.disable');
    session.disconnect();
    parentPort.postMessage(result.result.value ?? JSON.stringify(result));
  });
  session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  setInterval(() => {}, 1e6);
};
hung.once('online', () => setTimeout(() => {
  const helper = new Worker('(' + prober + ')()', { eval: true });
  helper.on('message', (answer) => { console.log(answer); process.exit(); });
}, 200));
`,
    { flags },
  );
}

const awaits = (snapshot: TaskSnapshot): string[] =>
  snapshot.groups
    .filter(({ type }) => type === 'await')
    .map(({ count, awaitStack }) => `${count} x ${awaitStack.map((frame) => frame.function).join(' < ')}`);

const PENDING = `async function query() { await never(); } async function handle() { await query(); }
for (let index = 0; index < 5; index++) handle();`;

test('a thread that spins tells its stack, its tasks and where they wait', () => {
  const { snapshot, stack } = interrupt(
    `${PENDING} function spin() { for (;;); } setTimeout(function hang() { [1].map(() => spin()); }, 10);`,
  );
  assert.deepEqual(awaits(snapshot), ['5 x query < handle']);
  assert.deepEqual(
    stack.slice(0, 4).map((frame) => frame.function),
    ['spin', '<anonymous>', 'Array.map', 'hang'],
  );
  assert.deepEqual(snapshot.notRead, []);
});

test('a thread that waits in Atomics.wait, deep in a recursion, tells the same', () => {
  const { snapshot, stack } = interrupt(`${PENDING}
function down(depth) { return depth === 0 ? Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) : down(depth - 1); }
setTimeout(() => down(3000), 10);`);
  assert.deepEqual(awaits(snapshot), ['5 x query < handle']);
  assert.deepEqual(
    stack.slice(0, 2).map((frame) => frame.function),
    ['Atomics.wait', 'down'],
  );
  assert.equal(stack.length, 200);
});

test('the settings of Error do not matter in a hung thread', () => {
  const { snapshot, stack } = interrupt(
    `${PENDING} Error.prepareStackTrace = () => { throw new Error('called'); }; Error.stackTraceLimit = 0; Object.freeze(Error);
    setTimeout(function hang() { for (;;); }, 10);`,
  );
  assert.deepEqual(awaits(snapshot), ['5 x query < handle']);
  assert.equal(stack[0]?.function, 'hang');
});

test('no microtask of the application runs, and the interrupted code goes on', () => {
  const { snapshot } = interrupt(`${PENDING}
let ran = false;
setTimeout(function hang() { Promise.resolve().then(() => { ran = true; }); for (;;) if (ran) throw new Error('ran'); }, 10);`);
  assert.deepEqual(awaits(snapshot), ['5 x query < handle']);
});

test('in a thread that hangs inside a hook no place is asked for', () => {
  const { snapshot } = interrupt(`${PENDING}
require('node:async_hooks').createHook({ init(id, type) { if (type === 'Stuck') for (;;); } }).enable();
setTimeout(() => new (require('node:async_hooks').AsyncResource)('Stuck'), 10);`);
  assert.deepEqual(awaits(snapshot), []);
  assert.match(snapshot.notRead.join(), /interrupted inside an async hook/);
});

test('hooks of the application never see the questions', () => {
  const { snapshot } = interrupt(`${PENDING}
let isHung = false;
require('node:async_hooks').createHook({ init(id, type) { if (isHung && type === 'PROMISE') throw new Error('seen'); } }).enable();
handle();
setTimeout(function hang() { isHung = true; for (;;); }, 10);`);
  const isAsked = awaits(snapshot).length > 0;
  assert.ok(isAsked || /own promise hooks/.test(snapshot.notRead.join()), snapshot.notRead.join());
});
