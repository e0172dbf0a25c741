/** The wire from the sentinel to the main thread of its own process: no port, nothing that anybody else could connect to. */
import { Session } from 'node:inspector';
import type { Wire } from './inspectorSession.js';

/** Its `connect` is `connectToMainThread`: read DESIGN's traps before it is used anywhere but in the sentinel. */
export function mainThreadWire(): Wire {
  const session = new Session();
  return {
    connect: () => session.connectToMainThread(),
    post: (method, params, callback) => session.post(method, params, callback),
    on: (event: string, listener) => void session.on(event, listener),
    disconnect: () => session.disconnect(),
  };
}
