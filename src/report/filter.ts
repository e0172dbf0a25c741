/** A report with only the threads and tasks that somebody looks for. */
import type { Frame, PoolReport, Report, TaskGroup, ThreadReport, Verdict } from './types.js';
import { wholeReport } from './whole.js';

/** What is looked for; a filter that is null lets everything through. */
export interface ReportFilter {
  threadId: number | null;
  /** In names of functions, files, types, labels, pools and threads, upper or lower case. */
  text: string | null;
}

export interface FilteredReport {
  report: Report;
  /** How many were kept of how many. */
  threads: { kept: number; all: number };
  tasks: { kept: number; all: number };
  /** Whether anything matched at all. */
  isFound: boolean;
}

/**
 * A copy of the report without what the filter leaves out: threads, groups of tasks, pools and verdicts; the rest stays.
 * `tasks.pending` counts the tasks that are left.
 */
export function filterReport(given: Report, filter: ReportFilter): FilteredReport {
  const report = wholeReport(given);
  const threads = report.threads.filter((thread) => isThreadWanted(thread, filter));
  const groups = report.tasks.groups.filter((group) => isGroupWanted(group, filter));
  const pools = report.pools.filter((pool) => isPoolWanted(pool, filter));
  const wanted = new Set(threads.map(({ threadId }) => threadId));
  const verdicts = report.verdicts.filter((verdict) => isVerdictWanted(verdict, filter, wanted));
  const pending = groups.reduce((sum, { count }) => sum + count, 0);
  const notRead = report.report.notRead.filter(({ threadId }) => threadId === null || wanted.has(threadId));
  return {
    report: {
      ...report,
      report: { ...report.report, notRead },
      verdicts,
      threads,
      tasks: { ...report.tasks, groups, pending, groupsElided: 0 },
      pools,
    },
    threads: { kept: threads.length, all: report.threads.length },
    tasks: { kept: pending, all: report.tasks.pending },
    isFound: threads.length + groups.length + pools.length + verdicts.length > 0,
  };
}

function isThreadWanted(thread: ThreadReport, { threadId, text }: ReportFilter): boolean {
  if (threadId !== null && thread.threadId !== threadId) return false;
  const { name, pool, helper, state, stack, createdAt, hot } = thread;
  const frames = [...stack, ...createdAt, ...hot.map(({ frame }) => frame)];
  return isMatch(text, [name, pool, helper, state, ...textsOf(frames)]);
}

function isGroupWanted(group: TaskGroup, { threadId, text }: ReportFilter): boolean {
  if (threadId !== null && !group.threadIds.includes(threadId)) return false;
  const { type, awaitStack, createdAt, labels, waitsFor, parent } = group;
  const marks = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return isMatch(text, [type, waitsFor?.what ?? null, ...parent, ...marks, ...textsOf([...awaitStack, ...createdAt])]);
}

function isPoolWanted(pool: PoolReport, { threadId, text }: ReportFilter): boolean {
  if (threadId !== null && !pool.threadIds.includes(threadId)) return false;
  const tasks = pool.running.flatMap(({ task, file, submittedAt }) => [task, file, ...textsOf(submittedAt)]);
  const places = pool.queuedAt.flatMap(({ stack }) => textsOf(stack));
  return isMatch(text, [pool.name, pool.kind, pool.file, ...tasks, ...places]);
}

/** A verdict belongs to its thread; one of the whole process only to what is looked for by its text. */
function isVerdictWanted(verdict: Verdict, { threadId, text }: ReportFilter, wanted: ReadonlySet<number>): boolean {
  if (threadId !== null && verdict.threadId !== threadId) return false;
  if (verdict.threadId !== null && verdict.code.startsWith('thread-') && wanted.has(verdict.threadId)) return true;
  return isMatch(text, [verdict.text, verdict.code, ...textsOf(verdict.frame === null ? [] : [verdict.frame])]);
}

function textsOf(frames: readonly Pick<Frame, 'function' | 'file' | 'package'>[]): (string | null)[] {
  return frames.flatMap((frame) => [frame.function, frame.file, frame.package]);
}

function isMatch(text: string | null, texts: readonly (string | null)[]): boolean {
  if (text === null) return true;
  const wanted = text.toLowerCase();
  return texts.some((one) => one !== null && one.toLowerCase().includes(wanted));
}
