/** Works all the time in slices of some milliseconds. */
export const truth = { state: 'busy', verdict: null, readBy: 'port' };

export function hang() {
  const end = performance.now() + 5;
  while (performance.now() < end);
  setTimeout(hang, 0);
}
