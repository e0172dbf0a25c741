import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { ready } from '../ready.mjs';

const way = isMainThread ? (process.argv[3] ?? 'wait') : workerData.way;
const words = new Int32Array(isMainThread ? new SharedArrayBuffer(8) : workerData.buffer);

function askWorker() {
  Atomics.wait(words, 0, 0); // <- here
}

function lockThenWait() {
  Atomics.wait(words, 0, 0); // <- here
}

function waitThenLock() {
  Atomics.wait(words, 1, 0); // <- here
}

function spin() {
  for (;;);
}

const start = (role) =>
  new Worker(new URL(import.meta.url), { workerData: { way, role, buffer: words.buffer }, name: role });

if (isMainThread) {
  setInterval(() => {}, 1_000_000);
  for (const role of way === 'workers' ? ['one', 'other'] : ['answerer']) start(role);
  setTimeout(() => {
    ready();
    if (way !== 'workers') askWorker();
  }, 1000);
} else {
  const hang = way === 'spin' ? spin : workerData.role === 'other' ? waitThenLock : lockThenWait;
  setTimeout(hang, 500);
}
