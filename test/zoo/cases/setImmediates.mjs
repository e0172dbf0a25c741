/** A flood, but the loop turns: busy, and not stuck. */
export const truth = { state: 'busy', verdict: null, readBy: 'port' };

export function hang() {
  setImmediate(hang);
}
