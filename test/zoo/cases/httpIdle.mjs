import { createServer } from 'node:http';

/** A healthy server that nobody asks. */
export const truth = { places: ['main'], state: 'idle', verdict: null, readBy: 'port', waitMs: 2500 };

export function hang() {
  createServer((_, response) => response.end('ok')).listen(0);
}
