import { getHeapStatistics } from 'node:v8';

/** Near its limit the heap is collected again and again: not an endless loop, whatever the stack looks like. */
export const truth = {
  state: ['spinning', 'native-cpu'],
  function: ['allocate', null],
  verdict: 'thread-out-of-memory',
  nodeOptions: ['--max-old-space-size=160'],
};

export const workerOptions = { resourceLimits: { maxOldGenerationSizeMb: 160 } };

const kept = [];

function allocate(until) {
  for (;;) {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics(); // <- here
    if (used < limit * until) kept.push(Array.from({ length: 1000 }, (_, i) => ({ i }))); // <- here
    else kept[kept.length % 7] = Array.from({ length: 1000 }, (_, i) => ({ i })); // <- here
  }
}

export function hang() {
  allocate(0.94);
}
