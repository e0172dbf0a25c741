/** Starts a worker when told to, and waits until it has ended. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { serve } from './channel.mjs';

const SOURCE = `require('node:worker_threads').parentPort.postMessage(process.hrtime.bigint())`;

async function startOne() {
  const begun = process.hrtime.bigint();
  const worker = new Worker(SOURCE, { eval: true });
  const gone = once(worker, 'exit');
  const [ran] = await once(worker, 'message');
  await gone;
  return Number(ran - begun) / 1e6;
}

serve({
  /** The time of one start, and the CPU time of all threads to its end. */
  async start() {
    const before = process.cpuUsage();
    const startMs = await startOne();
    const { user, system } = process.cpuUsage(before);
    return { 'worker start': startMs, 'worker life, CPU time': (user + system) / 1000 };
  },
});
