/**
 * A process with workers and pending tasks, which can be told to hang: `node threads.mjs <JSON of workers, load, tasks,
 * native>`. `load` is `idle`, `busy`, `spinning` (one in eight) or `piscina` (a pool of parked threads). `native` is the
 * file of a native module whose stack capture is measured as well, or null.
 */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { serve } from './channel.mjs';
import { watchGaps } from './gaps.mjs';

const { workers, load, tasks, native } = JSON.parse(process.argv[2]);
const SPINNING_ONE_IN = 8;
/**
 * Healthy threads that look at the time must not make the machine busy by that: seldomer where they are many. 256 of them,
 * every 40 ms, took a third of a CPU, and the report of these idle workers was late for it.
 */
const PERIOD_MS = workers <= 16 ? 1 : workers <= 64 ? 10 : 250;
const STARTED_AT_A_TIME = 16;
/** A thread's gap between the report's end and the next look at it belongs to the report. */
const LINGER_MS = 60;
const HANG_CHECK_MS = 20;
const HANG_AT_MOST_MS = 20_000;

const slots = new Float64Array(new SharedArrayBuffer(8 * (workers + 1)));
const ports = [];
const held = [];

async function startWorker(index) {
  const kind = load === 'spinning' && index % SPINNING_ONE_IN === 0 ? 'spinning' : load === 'busy' ? 'busy' : 'idle';
  const { port1, port2 } = new MessageChannel();
  const workerData = {
    kind,
    slots: slots.buffer,
    index: index + 1,
    periodMs: PERIOD_MS,
    busyShare: Math.min(0.5, (availableParallelism() * 0.5) / workers),
    port: port2,
    native,
  };
  const file = new URL('thread.mjs', import.meta.url);
  const worker = new Worker(file, { workerData, transferList: [port2] });
  await once(worker, 'message');
  if (kind !== 'spinning') ports.push(port1);
  return { worker, kind };
}

async function startWorkers() {
  const started = [];
  for (let first = 0; first < workers; first += STARTED_AT_A_TIME) {
    const count = Math.min(STARTED_AT_A_TIME, workers - first);
    started.push(...(await Promise.all(Array.from({ length: count }, (_, index) => startWorker(first + index)))));
  }
  for (const { worker, kind } of started) if (kind === 'spinning') worker.postMessage('spin');
}

async function startPool() {
  const { Piscina } = await import('piscina');
  const filename = new URL('poolTask.mjs', import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: workers, maxThreads: workers, idleTimeout: 600_000 });
  await Promise.all(Array.from({ length: workers * 4 }, (_, index) => pool.run(index)));
}

async function pend() {
  await new Promise((resolve) => held.push(resolve));
}

/** The longest gap of a healthy thread while `work` runs and shortly after; `work`'s own time with it, in ms. */
async function gapDuring(work) {
  slots.fill(0);
  const begun = performance.now();
  await work();
  const ms = performance.now() - begun;
  await sleep(LINGER_MS);
  return { ms, pauseMs: Math.max(...slots) };
}

function roundTrip() {
  const answers = ports.map((port) => once(port, 'message'));
  for (const port of ports) port.postMessage(0);
  return Promise.all(answers);
}

/** Keeps main in JavaScript until the file is there. */
function spinUntil(file) {
  const until = performance.now() + HANG_AT_MOST_MS;
  while (performance.now() < until && statSync(file, { throwIfNoEntry: false }) === undefined) {
    const look = performance.now() + HANG_CHECK_MS;
    while (performance.now() < look);
  }
}

if (native !== null) (await import(native)).registerThread();
if (load === 'piscina') await startPool();
else await startWorkers();
for (let index = 0; index < tasks; index++) void pend();
watchGaps(slots, 0, PERIOD_MS);

serve({
  mark: () => slots.fill(0).length,
  /** The longest gap since `mark`, in ms. */
  gaps: async () => {
    await sleep(LINGER_MS);
    return Math.max(...slots);
  },
  wait: (ms) => gapDuring(() => sleep(ms)),
  getReport: () => gapDuring(() => void process.report.getReport()),
  roundTrip: () => gapDuring(roundTrip),
  capture: async () => {
    const { captureStackTrace } = await import(native);
    return gapDuring(() => void captureStackTrace());
  },
  /** Hangs main soon, until a file is there. */
  hang: (file) => void setTimeout(spinUntil, 10, file),
});
