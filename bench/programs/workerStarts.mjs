/** Starts workers one after the other, each when the last has ended. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { median } from '../harness/statistics.mjs';
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
  /** The median time of `count` starts, and the CPU time of all threads a start, to its end; the first is not counted. */
  async start(count) {
    await startOne();
    const before = process.cpuUsage();
    const times = [];
    for (let index = 0; index < count; index++) times.push(await startOne());
    const { user, system } = process.cpuUsage(before);
    return { 'worker start': median(times), 'worker life, CPU time': (user + system) / 1000 / count };
  },
});
