/** Long work as a generator that yields wherever it may pause: run at once, or in slices between turns of the loop. */
import { monotonicMs } from './clock.js';
import { setImmediate } from './timers.js';

/** A slice ends at the first place to pause after this long; the work between two places must be short against it. */
const SLICE_MS = 2;

export type PausableWork<Result> = Generator<undefined, Result>;

export function runAtOnce<Result>(work: PausableWork<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Positions between two places to pause: some hundredths of a millisecond. */
const BLOCK = 512;

/** Does `work` for all positions up to `length`, a block at a time: in a function of its own it is compiled early. */
export function* inBlocks(length: number, work: (from: number, to: number) => void): PausableWork<void> {
  for (let from = 0; from < length; from += BLOCK) {
    work(from, Math.min(length, from + BLOCK));
    yield;
  }
}

/**
 * Calls `done` with the result and the longest slice in ms, or `failed`. The loop stays alive until then, unless
 * `schedule` does it otherwise. Nothing is done
 * before the next turn of the loop: who asked waits by then, and is no pending task without a place.
 */
export function runInSlices<Result>(
  work: PausableWork<Result>,
  done: (result: Result, longestPauseMs: number) => void,
  failed: (error: unknown) => void,
  schedule: (slice: () => void) => void = setImmediate,
): void {
  let longestPauseMs = 0;
  const slice = (): void => {
    const started = monotonicMs();
    try {
      let step = work.next();
      while (step.done !== true && monotonicMs() - started < SLICE_MS) step = work.next();
      longestPauseMs = Math.max(longestPauseMs, monotonicMs() - started);
      if (step.done === true) done(step.value, longestPauseMs);
      else schedule(slice);
    } catch (error) {
      failed(error);
    }
  };
  schedule(slice);
}
