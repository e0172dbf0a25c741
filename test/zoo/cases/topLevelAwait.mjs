/** Waits for what never comes: it never finished to start, and nothing is stuck. */
export const truth = { program: 'topLevelAwait.mjs', state: 'idle', verdict: null, readBy: 'port', phase: 'starting' };
