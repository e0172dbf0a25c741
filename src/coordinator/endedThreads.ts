/**
 * Threads that ended without anybody hearing of it: a worker that hung before it could introduce itself has no port whose
 * closing tells of its end. The kernel's list of the process's threads does; where there is none, nothing is forgotten.
 */
import { readdirSync } from 'node:fs';
import type { SharedState } from '../agent/sharedState.js';

/** Frees the slots of threads that the kernel no longer knows. */
export function forgetEnded(shared: SharedState): void {
  const ended = endedAmong(shared.threads());
  for (const { threadId } of ended) shared.freeSlotOf(threadId);
}

/**
 * Those of `threads` that have ended; never one whose OS thread is not known.
 * @param processRoot - the process's folder in procfs
 */
export function endedAmong<Thread extends { osThreadId: number | null }>(
  threads: readonly Thread[],
  processRoot = '/proc/self',
): Thread[] {
  const alive = readOsThreadIds(processRoot);
  if (alive === null) return [];
  return threads.filter(({ osThreadId }) => osThreadId !== null && !alive.has(osThreadId));
}

function readOsThreadIds(processRoot: string): Set<number> | null {
  try {
    return new Set(readdirSync(`${processRoot}/task`).map(Number));
  } catch {
    return null;
  }
}
