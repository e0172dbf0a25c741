import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { postWithoutWaiter } from '../../src/agent/postWithoutWaiter.js';

const LISTENER = `const { parentPort } = require('node:worker_threads');
process.on('workerMessage', (message) => parentPort.postMessage(message));
parentPort.postMessage('ready');
parentPort.on('message', () => {});`;

describe('a message that leaves nobody waiting', () => {
  it('arrives, and the global object is as before', { timeout: 30_000 }, async () => {
    const before = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
    const worker = new Worker(LISTENER, { eval: true });
    await once(worker, 'message');
    const arrived = once(worker, 'message');
    const sent = postWithoutWaiter(worker.threadId, 'hello', []);
    assert.deepEqual(Object.getOwnPropertyDescriptor(Atomics, 'waitAsync'), before);
    await sent;
    assert.deepEqual(await arrived, ['hello']);
    await worker.terminate();
  });

  it('leaves the global object as it was when there is no such thread', async () => {
    const before = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
    await assert.rejects(postWithoutWaiter(123_456, 'hello', []), { code: 'ERR_WORKER_MESSAGING_FAILED' });
    assert.deepEqual(Object.getOwnPropertyDescriptor(Atomics, 'waitAsync'), before);
  });
});
