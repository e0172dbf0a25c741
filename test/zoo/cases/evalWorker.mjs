import { Worker } from 'node:worker_threads';
import { ready } from '../ready.mjs';

export const truth = {
  places: ['main'],
  subject: 1,
  state: 'spinning',
  function: 'spin',
  line: 2,
  verdict: 'thread-spinning',
  readBy: 'inspector',
};

const code = `const { parentPort } = require('node:worker_threads');
function spin() { for (;;); }
setTimeout(() => { parentPort.postMessage('ready'); spin(); }, 300);`;

export function hang() {
  new Worker(code, { eval: true }).on('message', ready);
}
hang.saysReady = true;
