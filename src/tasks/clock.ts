/** Milliseconds of the monotonic clock. Bound at load, so that fake timers of the application's tests change nothing. */
export const now: () => number = performance.now.bind(performance);
