import { ready } from '../ready.mjs';

/** Near its limit the heap is collected again and again: not an endless loop, whatever the stack looks like. */
export const truth = {
  state: ['spinning', 'native-cpu'],
  function: ['allocate', 'row', 'work', null],
  line: false,
  waitMs: 2500,
  verdict: 'thread-out-of-memory',
  nodeOptions: ['--max-old-space-size=160'],
};

export const workerOptions = { resourceLimits: { maxOldGenerationSizeMb: 160 } };

/** About 4.3 KB each, and close to 160 MiB together. */
const ROWS = 33_500;

function row() {
  const cells = [];
  for (let i = 0; i < 100; i++) cells.push({ i });
  return cells;
}

/** With no work at all between two collections V8 gives up within a second. */
function work() {
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum = (sum + i) | 0;
  return sum;
}

function allocate() {
  const rows = Array.from({ length: ROWS }, row);
  ready();
  for (let i = 0; work() !== null; i = (i + 1) % ROWS) rows[i] = row();
}

export function hang() {
  allocate();
}

/** Not before the heap is full, which takes its time. */
hang.saysReady = true;
