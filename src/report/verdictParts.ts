/** The pieces that verdicts are put together from: names, places, what a thread was asked to do, what to do next. */
import { spokenTime } from './durations.js';
import { culprit, formatFrame } from './frames.js';
import { poolTaskText, tasksOfThread } from './poolTasks.js';
import type { Frame, Report, Severity, ThreadReport, Verdict } from './types.js';

/** A report that has no verdicts yet. */
export type Unjudged = Omit<Report, 'verdicts'>;

const STUCK_STATES = new Set(['spinning', 'microtask-loop', 'atomics-wait', 'native-cpu', 'native-wait', 'unknown']);
/** A queue grows behind what is stuck, and a quota is met by what runs: that is told first. */
const AFTER_THEIR_CAUSE = new Set(['cpu-throttled', 'pool-saturated', 'pool-stalled']);
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

/** A verdict with nothing said yet but its code, severity, basis and sentence. */
export function newVerdict(given: Pick<Verdict, 'code' | 'severity' | 'basis' | 'text'> & Partial<Verdict>): Verdict {
  return { threadId: null, since: null, forMs: null, frame: null, waitsFor: null, evidence: [], next: [], ...given };
}

/** Worst first: by severity, then deadlocks, then what is stuck, then what is slow; the longest first among equals. */
export function worstFirst(verdicts: readonly Verdict[]): Verdict[] {
  return [...verdicts].sort((one, other) => rank(one) - rank(other) || (other.forMs ?? 0) - (one.forMs ?? 0));
}

/** `main`, `worker 3 of pool pdf-render`, `module hooks thread 5`. */
export function nameThread(thread: ThreadReport): string {
  if (thread.role === 'main') return 'main';
  const pool = thread.pool === null ? '' : ` of pool ${thread.pool}`;
  return thread.role === 'worker'
    ? `worker ${thread.threadId}${pool}`
    : `${thread.helper ?? thread.role} thread ${thread.threadId}`;
}

/**
 * The frame to name: the stack's culprit, or, where that is none, what most of the samples had on top. Null where there
 * are only `node:` frames: those are never to blame.
 */
export function frameToName(thread: ThreadReport, report: Unjudged): Frame | null {
  const named = culprit(thread.stack, report.process.root);
  const hot = culprit(
    thread.hot.map(({ frame }) => frame),
    report.process.root,
  );
  const withFile = [named, hot].find((frame) => frame !== null && frame.file !== null && !isOfNode(frame));
  return withFile ?? (isOfNode(named) ? null : named);
}

/** ` in renderTable  src/pdf/table.ts:118`, or nothing. */
export function inFrame(frame: Frame | null, report: Unjudged): string {
  return frame === null ? '' : ` in ${formatFrame(frame, report.process.root)}`;
}

/** ` for 41 s`, or nothing where nobody knows. */
export function forTime(ms: number | null): string {
  return ms === null ? '' : ` for ${spokenTime(ms)}`;
}

/** `, running renderPdf, submitted by postInvoice  src/routes/invoice.ts:40`, or nothing. */
export function runningTask(thread: ThreadReport, report: Unjudged): string {
  const [task, ...others] = tasksOfThread(report, thread.threadId);
  if (task === undefined) return '';
  const by = culprit(task.submittedAt, report.process.root);
  const submitted = by === null ? '' : `, submitted by ${formatFrame(by, report.process.root).replace(/^async /, '')}`;
  const more = others.length === 0 ? '' : `, and ${others.length} more ${others.length === 1 ? 'task' : 'tasks'}`;
  return `, running ${poolTaskText(task)}${submitted}${more}`;
}

/**
 * How long the thread has been stuck, ms. The loop of a pool's worker may never turn between tasks, so that it cannot have
 * been stuck for longer than the longest of its tasks has run. Null when nobody knows.
 */
export function stuckMs(thread: ThreadReport, report: Unjudged): number | null {
  const [task] = tasksOfThread(report, thread.threadId);
  if (thread.blockedForMs === null || task === undefined || task.runningMs === null) return thread.blockedForMs;
  return Math.min(thread.blockedForMs, task.runningMs);
}

/** Whether the thread is in a state that keeps its loop from turning, and has been for at least `leastMs`. */
export function isStuck(thread: ThreadReport, leastMs: number, report: Unjudged): boolean {
  return STUCK_STATES.has(thread.state) && (stuckMs(thread, report) ?? 0) >= leastMs;
}

/** Since when, for a time that is known in ms at the request. */
export function sinceOf(ms: number | null, report: Unjudged): string | null {
  const requested = Date.parse(report.report.requestedAt);
  return ms === null || Number.isNaN(requested) ? null : new Date(requested - ms).toISOString();
}

/** What a restart of the process throws away; empty when there is nothing. */
export function restartLoses(report: Unjudged): string[] {
  const queued = report.pools.reduce((sum, pool) => sum + pool.queued, 0);
  const running = report.pools.reduce((sum, pool) => sum + pool.running.length + pool.runningElided, 0);
  if (queued + running === 0) return [];
  return [`a restart loses ${queued} queued and ${running} running tasks of this process`];
}

function isOfNode(frame: Frame | null): boolean {
  return frame?.file?.startsWith('node:') === true;
}

function rank(verdict: Verdict): number {
  const among = verdict.code === 'deadlock' ? 0 : AFTER_THEIR_CAUSE.has(verdict.code) ? 2 : 1;
  return SEVERITIES.indexOf(verdict.severity) * 3 + among;
}
