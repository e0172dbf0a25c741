/** Verdicts on single threads. */
import { isAtBreakpoint } from './breakpoint.js';
import { hotLine } from './hotFrames.js';
import { waitText } from './nativeWait.js';
import { lookAgain } from './nextLook.js';
import { waitsForModuleHooks } from './parked.js';
import { tasksOfThread } from './poolTasks.js';
import { THRESHOLDS } from './thresholds.js';
import type { Severity, ThreadReport, ThreadState, Verdict, VerdictCode, WaitsFor } from './types.js';
import {
  forTime,
  frameToName,
  inFrame,
  nameThread,
  newVerdict,
  restartLoses,
  runningTask,
  sinceOf,
  stuckMs,
  type Unjudged,
} from './verdictParts.js';

const CODES: Partial<Record<ThreadState, VerdictCode>> = {
  spinning: 'thread-spinning',
  'microtask-loop': 'thread-microtask-loop',
  'atomics-wait': 'thread-atomics-wait',
  'native-cpu': 'thread-native-cpu',
  'native-wait': 'thread-native-wait',
};

const DOES: Partial<Record<VerdictCode, string>> = {
  'thread-spinning': 'spins',
  'thread-microtask-loop': 'runs microtasks or ticks without end',
  'thread-atomics-wait': 'sits in Atomics.wait',
  'thread-native-cpu': 'computes in native code',
};

const INFERRED: Partial<Record<VerdictCode, string>> = {
  'thread-spinning': 'inferred: an endless loop (it may be a very long one)',
  'thread-microtask-loop': 'inferred: it never ends (it may be a very long chain)',
};

/** At most one verdict for each thread; none for those that are idle, busy, or have not been stuck long enough to say. */
export function threadVerdicts(report: Unjudged): Verdict[] {
  return report.threads.filter((thread) => thread.role !== 'sentinel').flatMap((thread) => verdictOn(thread, report));
}

function verdictOn(thread: ThreadReport, report: Unjudged): Verdict[] {
  const forMs = stuckMs(thread, report);
  if (isOutOfMemory(thread, forMs)) return [outOfMemory(thread, forMs, report)];
  const code = CODES[thread.state] ?? codeOfUnknown(thread, forMs);
  const severity = severityOf(thread, forMs, report);
  if (code === null || severity === null) return [];
  return [stuck(thread, code, severity, forMs, report)];
}

function stuck(
  thread: ThreadReport,
  code: VerdictCode,
  severity: Severity,
  forMs: number | null,
  report: Unjudged,
): Verdict {
  const frame = frameToName(thread, report);
  const does = code === 'thread-native-wait' ? nativeWaitOf(thread) : DOES[code];
  const inferred = INFERRED[code];
  return newVerdict({
    code,
    severity,
    basis: thread.state === 'unknown' || forMs === null ? 'inferred' : 'measured',
    threadId: thread.threadId,
    since: sinceOf(forMs, report),
    forMs,
    frame,
    waitsFor: code === 'thread-native-wait' ? waitedFor(thread) : null,
    text: `${nameThread(thread)} ${does}${forTime(forMs)}${inFrame(frame, report)}${runningTask(thread, report)}`,
    evidence: [...thread.evidence, ...hotLines(thread, report), ...(inferred === undefined ? [] : [inferred])],
    next: [...nextFor(thread, code, report), ...(severity === 'info' ? [] : restartLoses(report))],
  });
}

/**
 * A thread is stuck from a second on. A worker may wait for its work in `Atomics.wait` by design, unless it has a task of its
 * pool for long, and a helper or an unknown time is worth a warning at most. Null for what is too short to say.
 */
function severityOf(thread: ThreadReport, forMs: number | null, report: Unjudged): Severity | null {
  if (thread.role === 'helper' && thread.state === 'atomics-wait') return null;
  if (forMs === null) return thread.state === 'spinning' || thread.state === 'microtask-loop' ? 'warning' : 'info';
  if (forMs < THRESHOLDS.turnedRecentlyMs) return thread.pool === null && thread.role !== 'helper' ? 'info' : null;
  if (thread.role === 'main') return 'critical';
  if (thread.role === 'helper') return 'warning';
  const hasTask = forMs >= THRESHOLDS.workerStuckMs && tasksOfThread(report, thread.threadId).length > 0;
  return thread.state === 'atomics-wait' && !hasTask ? 'warning' : 'critical';
}

function codeOfUnknown(thread: ThreadReport, forMs: number | null): VerdictCode | null {
  if (thread.state !== 'unknown' || thread.kernel === null || forMs === null) return null;
  if (forMs < THRESHOLDS.turnedRecentlyMs || /^[Tt]$/.test(thread.kernel.state)) return null;
  if (thread.readBy === 'inspector' && isAtBreakpoint([thread.stack], thread.kernel)) return null;
  return thread.kernel.cpuTicks > 0 || thread.kernel.state === 'R' ? 'thread-spinning' : 'thread-native-wait';
}

function isOutOfMemory(thread: ThreadReport, forMs: number | null): boolean {
  if (thread.heap === null || thread.heap.limit <= 0) return false;
  const isAtWork = ['spinning', 'microtask-loop', 'native-cpu', 'busy', 'throttled', 'unknown'].includes(thread.state);
  const isNear = thread.heap.used / thread.heap.limit >= THRESHOLDS.heapShare;
  return isNear && (isAtWork || (forMs ?? 0) >= THRESHOLDS.turnedRecentlyMs);
}

function outOfMemory(thread: ThreadReport, forMs: number | null, report: Unjudged): Verdict {
  const frame = frameToName(thread, report);
  const { used, limit } = thread.heap ?? { used: 0, limit: 1 };
  const share = `${Math.round((used / limit) * 100)}% of its heap limit of ${Math.round(limit / 1024 / 1024)} MiB`;
  const isStuck = (forMs ?? 0) >= THRESHOLDS.turnedRecentlyMs;
  const stuckFor = isStuck ? ` and has not turned its loop${forTime(forMs)}` : '';
  return newVerdict({
    code: 'thread-out-of-memory',
    severity: isStuck ? 'critical' : 'warning',
    basis: 'inferred',
    threadId: thread.threadId,
    since: sinceOf(forMs, report),
    forMs,
    frame,
    text: `${nameThread(thread)} uses ${share}${stuckFor}${inFrame(frame, report)}${runningTask(thread, report)}`,
    evidence: [
      `heap ${used} of ${limit} bytes`,
      ...thread.evidence,
      'inferred: most of its time goes into collecting garbage',
    ],
    next: [
      thread.role === 'main'
        ? 'a larger limit: --max-old-space-size'
        : 'a larger limit: resourceLimits.maxOldGenerationSizeMb of its Worker',
      'V8 ends the thread, or the process, when the limit is reached',
      ...restartLoses(report),
    ],
  });
}

function nativeWaitOf(thread: ThreadReport): string {
  if (isHooksWait(thread)) return 'waits for the module hooks thread';
  return thread.kernel === null ? 'waits in native code' : waitText(thread.kernel);
}

function waitedFor(thread: ThreadReport): WaitsFor | null {
  if (isHooksWait(thread)) return { kind: 'thread', what: 'module hooks thread' };
  const file = thread.kernel?.file ?? null;
  if (file === null) return null;
  if (file.startsWith('child process')) return { kind: 'child-process', what: file };
  return { kind: file.includes('socket') ? 'socket' : 'file', what: file };
}

function isHooksWait(thread: ThreadReport): boolean {
  return waitsForModuleHooks(thread.stack);
}

function hotLines(thread: ThreadReport, report: Unjudged): string[] {
  const [hottest] = thread.hot;
  if (hottest === undefined) return [];
  return [hotLine(hottest, thread.hotFrom, report.process.root)];
}

function nextFor(thread: ThreadReport, code: VerdictCode, report: Unjudged): string[] {
  const moving = lookAgain('is it still moving?', report);
  const isNative = code === 'thread-native-wait' || code === 'thread-native-cpu';
  if (thread.role === 'main')
    return [
      moving,
      `main takes no request${isNative ? ' until the call returns' : ''}: restart the process if it does not move`,
    ];
  const name = `worker ${thread.threadId}`;
  if (isNative) return [moving, `${name} takes no message, and terminate() waits for the call to return as well`];
  return [moving, `${name} takes no message: terminate it, or restart`];
}
