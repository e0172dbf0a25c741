/** What one short question in a thread brings: cheap enough to be asked many times, and before everything else. */
import { TASKS_LATE, type RawFrame, type ThreadSnapshot } from '../protocol.js';

export interface Look {
  stack: RawFrame[];
  /** How often the thread's loop has turned; null where the runtime does not count. */
  loops: number | null;
  /**
   * The async id of the tick or callback that runs (`executionAsyncId`), another for each tick; 0 in a promise's job and where
   * the runtime does not tell. It needs no async hook: Node keeps it for ticks and callbacks in any case.
   */
  executionId: number;
  /** The file that a worker was started with; null on main, and for code passed as text. */
  entry: string | null;
  heap: ThreadSnapshot['heap'];
  /** Bytes in use outside of the young generation; null where the runtime does not tell. */
  oldSpace: number | null;
  /** How many of those there may be; null where neither the worker's limits nor the command line tell. */
  oldLimit: number | null;
  osThreadId: number | null;
}

/**
 * The part of the heap that is nearest to its limit. V8 gives up when the old generation is full, whatever room the young
 * one (48 to 192 MiB) has, and the limit it tells is that of both.
 */
export function heapOf({ heap, oldSpace, oldLimit }: Look): Look['heap'] {
  if (heap === null || oldSpace === null || oldLimit === null || oldLimit <= 0) return heap;
  return oldSpace / oldLimit > heap.used / heap.limit ? { used: oldSpace, limit: oldLimit } : heap;
}

/** The look in an evaluate's answer; null for anything that is none. */
export function parseLook(text: string | null): Look | null {
  if (text === null || text === '') return null;
  try {
    const look = JSON.parse(text) as Look;
    return Array.isArray(look.stack) ? look : null;
  } catch {
    return null;
  }
}

/** What is known of a thread that gave a look, and nothing more before the time was up. */
export function snapshotOf(look: Look, threadId: number, instrumented: boolean): ThreadSnapshot {
  return {
    threadId,
    osThreadId: look.osThreadId,
    name: null,
    entry: typeof look.entry === 'string' ? look.entry : null,
    test: null,
    phase: 'running',
    instrumented,
    pauseMs: 0,
    stack: look.stack,
    turnedAgoMs: null,
    utilization: null,
    heap: heapOf(look),
    resources: {},
    children: [],
    sections: null,
    pools: [],
    tasks: null,
    notRead: [TASKS_LATE],
  };
}
