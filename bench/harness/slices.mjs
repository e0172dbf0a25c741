/**
 * Programs that work in turn, some milliseconds each, many times over. A machine's speed drifts by a third within seconds:
 * of two programs that work a second each, one after the other, the same bare one took 0.85 to 1.3 times as long as itself.
 * Slices lie so near to each other that both meet the same speed; then it is 0.98 to 1.02.
 */

/** Who works when in turn number `turn`: every second turn is the one before it backwards, and all come first as often as any. */
export function sliceOrder(count, turn) {
  const first = (turn >> 1) % count;
  const order = Array.from({ length: count }, (_, index) => (first + index) % count);
  return turn % 2 === 0 ? order : order.reverse();
}

/**
 * @param work - has the program with this index work a slice, and returns what it took
 * @param uncounted - turns before those that count: the first ones meet what is left of compiling
 * @returns for each program what its slices took together
 */
export async function workInSlices({ count, uncounted, counted, work }) {
  const sums = Array.from({ length: count }, () => 0);
  for (let turn = 0; turn < uncounted + counted; turn++) {
    for (const index of sliceOrder(count, turn)) {
      const taken = await work(index);
      if (turn >= uncounted) sums[index] += taken;
    }
  }
  return sums;
}
