/** An idle worker without the preload raises nothing. */
export const truth = { places: ['worker'], state: 'idle', verdict: null, readBy: 'inspector', instrumented: false };

export const workerOptions = { env: {}, execArgv: [] };

export function hang() {}
