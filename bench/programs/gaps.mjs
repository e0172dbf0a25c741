/**
 * The longest time that a thread's loop stood still, as a timer of its own sees it. Each thread has a slot in memory that
 * all share, so that it can be read while threads hang. A gap is seen too short by up to one period.
 */

/** Keeps `slots[index]` at the longest gap, in ms, since somebody last set it to 0. */
export function watchGaps(slots, index, periodMs) {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    slots[index] = Math.max(slots[index], now - last - periodMs);
    last = now;
  }, periodMs);
}
