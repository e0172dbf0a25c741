/**
 * The clock that all threads of a process share (`performance.now` starts anew in each). Taken at load, so that fake timers of the application's tests change nothing.
 */
const { bigint } = process.hrtime;

/** Nanoseconds of it, as they are written into shared memory. */
export const monotonicNs: () => bigint = bigint;

/** Milliseconds of it, in steps of a microsecond. */
export function monotonicMs(): number {
  return Number(bigint() / 1000n) / 1000;
}

let loaded: Performance | null = null;

/**
 * Node's own `performance`, loaded when it is first needed: the global of that name may be another one, as under jsdom, and
 * loading it takes a worker a millisecond. It is kept: Node synchronizes all exports of a module each time one asks for it.
 */
export function nodePerformance(): Performance {
  loaded ??= process.getBuiltinModule('node:perf_hooks').performance;
  return loaded;
}
