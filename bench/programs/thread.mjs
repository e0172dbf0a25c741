/** One worker of `threads.mjs`: idle, busy for a share of the time, or spinning for good. */
import { parentPort, workerData } from 'node:worker_threads';
import { watchGaps } from './gaps.mjs';

const { kind, slots, index, periodMs, busyShare, port, native } = workerData;
const BUSY_EVERY_MS = 40;

if (native !== null) (await import(native)).registerThread();
port.on('message', (value) => port.postMessage(value));

function compute(forMs) {
  const until = performance.now() + forMs;
  while (performance.now() < until);
}

function spin() {
  for (;;);
}

if (kind === 'spinning') parentPort.once('message', spin);
else watchGaps(new Float64Array(slots), index, periodMs);
if (kind === 'busy') setInterval(compute, BUSY_EVERY_MS, BUSY_EVERY_MS * busyShare);
parentPort.postMessage('up');
