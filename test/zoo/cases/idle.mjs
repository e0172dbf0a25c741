export const truth = { state: 'idle', verdict: null, readBy: 'port' };

export function hang() {}
