/** Threads whose tasks a report does not tell: that none are listed does not mean that there are none. */
import type { Report } from './types.js';

/** By number; empty for a report that read the tasks of all. */
export function threadsWithoutTasks({ report, threads, tasks }: Report): Set<number> {
  const unread = report.notRead.filter(({ what }) => /^tasks\b/.test(what)).map(({ threadId }) => threadId ?? 0);
  const silent = threads.filter(({ readBy }) => readBy === 'kernel' || readBy === 'none');
  const untracked = tasks.mode === 'off' && tasks.groups.length === 0 ? threads : silent;
  return new Set([...unread, ...untracked.map(({ threadId }) => threadId)]);
}
