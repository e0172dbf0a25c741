/** Memory of this process after it made what it was told to: all sizes after a full garbage collection, in bytes. */
import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from './channel.mjs';
import { loop } from './works/await.mjs';

/** Until the tracker has let go of what it holds for a while only. */
const SETTLE_MS = 4000;
const FAR_MS = 2 ** 30;

const held = [];

const makers = {
  promise: () => void new Promise((resolve) => held.push(resolve)),
  timer: () => held.push(setTimeout(() => {}, FAR_MS).unref()),
  AsyncResource: () => held.push(new AsyncResource('Bench')),
};

async function sizes() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await sleep(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

async function settle({ isQuick }) {
  await sleep(isQuick ? 100 : SETTLE_MS);
}

function grown(before, after) {
  return { heap: after.heap - before.heap, rss: after.rss - before.rss };
}

serve({
  /** What one pending resource takes, in bytes. */
  async pending({ kind, count, isQuick }) {
    held.length = 0;
    makers[kind](); // What is needed once for all of them is there.
    await settle({ isQuick });
    const before = await sizes();
    for (let index = 0; index < count; index++) makers[kind]();
    await settle({ isQuick });
    const growth = grown(before, await sizes());
    return { heap: growth.heap / count, rss: growth.rss / count };
  },
  /** How much the memory grows over so many promises that settle. */
  async promises({ count, isQuick }) {
    await loop(count / 10);
    await settle({ isQuick });
    const before = await sizes();
    await loop(count);
    await settle({ isQuick });
    return grown(before, await sizes());
  },
  /** How much the memory grows over so many reports, after a tenth as many. */
  async reports({ count, isQuick }) {
    const { report } = await import('../../dist/index.js');
    const some = async (many) => {
      for (let index = 0; index < many; index++) await report();
    };
    await some(Math.ceil(count / 10));
    await settle({ isQuick });
    const before = await sizes();
    await some(count);
    await settle({ isQuick });
    return grown(before, await sizes());
  },
  /** The memory of a process that does nothing. */
  async idle({ isQuick }) {
    await settle({ isQuick });
    return sizes();
  },
});
