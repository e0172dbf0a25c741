/** A worker without the preload that is busy, and whose loop turns. */
export const truth = { places: ['worker'], state: 'busy', verdict: null, readBy: 'inspector', instrumented: false };

export const workerOptions = { env: {}, execArgv: [] };

export function hang() {
  const end = performance.now() + 5;
  while (performance.now() < end);
  setTimeout(hang, 0);
}
