/** The searches of the heaps of all threads, as the report tells them together. */
import type { TasksReport, ThreadHeapScan } from './types.js';

/** Why a thread's promises are searched for at all. */
export const SEARCHED = 'nobody watched the promises of this thread';

/** Threads whose own reasons are told in the summary of all. */
const TOLD_MOST = 3;

export function heapScanOf(threads: readonly ThreadHeapScan[]): TasksReport['heapScan'] {
  return {
    done: threads.some(({ done }) => done),
    why: reasonOfAll(threads),
    pauseMs: Math.max(0, ...threads.map(({ pauseMs }) => pauseMs)),
    byThread: [...threads],
  };
}

function reasonOfAll(threads: readonly ThreadHeapScan[]): string {
  const reasons = new Set(threads.map(({ why }) => why));
  const [first = 'not needed'] = reasons;
  if (reasons.size <= 1) return first;
  const others = threads.filter(({ done }) => !done);
  const told = others.slice(0, TOLD_MOST).map(({ threadId, why }) => `thread ${threadId} ${why}`);
  const more = others.length > told.length ? [`and ${others.length - told.length} more threads not searched`] : [];
  return [`${threads.length - others.length} of ${threads.length} threads searched`, ...told, ...more].join('; ');
}
