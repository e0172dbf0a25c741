import { isMainThread, Worker } from 'node:worker_threads';
import { ready } from '../ready.mjs';

/** Two levels down; the two threads above turn their loops. */
export const truth = {
  places: ['main'],
  subject: 'nested',
  parent: 'worker',
  state: 'spinning',
  function: 'spin',
  verdict: 'thread-spinning',
  readBy: 'inspector',
};

function spin() {
  for (;;); // <- here
}

export function hang() {
  if (process.env.ZOO_LEVEL === 'nested') {
    ready();
    spin();
  }
  const name = isMainThread ? 'middle' : 'nested';
  const env = { ...process.env, ZOO_LEVEL: name };
  new Worker(new URL('../launch.mjs', import.meta.url), { workerData: 'nestedWorker', name, env });
}
hang.saysReady = true;
