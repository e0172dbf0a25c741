/** Verdicts on what queues and what is short: CPU, the libuv pool, worker pools; with those on tasks at one place. */
import { spokenTime } from './durations.js';
import { culprit, formatFrame } from './frames.js';
import { lookAgain } from './nextLook.js';
import { THRESHOLDS } from './thresholds.js';
import type { Frame, PoolReport, ThreadReport, Verdict } from './types.js';
import { pileupVerdicts } from './pileups.js';
import {
  frameToName,
  inFrame,
  isStuck,
  nameThread,
  newVerdict,
  restartLoses,
  sinceOf,
  stuckMs,
  type Unjudged,
} from './verdictParts.js';

export function loadVerdicts(report: Unjudged): Verdict[] {
  const pools = report.pools.flatMap((pool) => poolVerdict(pool, report));
  return [...throttledVerdict(report), ...libuvVerdict(report), ...pools, ...pileupVerdicts(report)];
}

function throttledVerdict(report: Unjudged): Verdict[] {
  const { container } = report.process;
  const share = container?.throttledShare ?? 0;
  const threads = report.threads.filter((thread) => thread.state === 'throttled' && !hasTurnedRecently(thread, report));
  if (share < THRESHOLDS.throttledShare && threads.length === 0) return [];
  const worst = [...threads].sort((one, other) => (other.blockedForMs ?? 0) - (one.blockedForMs ?? 0))[0];
  const forMs = worst === undefined ? null : stuckMs(worst, report);
  const isHeavy = share >= THRESHOLDS.heavilyThrottledShare || (forMs ?? 0) >= THRESHOLDS.turnedRecentlyMs;
  const quota = container?.cpuQuota ?? null;
  const limit =
    quota === null ? 'the machine has too few CPUs for what runs on it' : `the container may use ${quota} CPUs`;
  const who = worst === undefined ? 'the process' : nameThread(worst);
  const frame = worst === undefined ? null : frameToName(worst, report);
  return [
    newVerdict({
      code: 'cpu-throttled',
      severity: isHeavy ? 'critical' : 'warning',
      basis: quota === null ? 'inferred' : 'measured',
      threadId: worst?.threadId ?? null,
      since: sinceOf(forMs, report),
      forMs,
      frame,
      text: `${who} wants to run and is not let${inFrame(frame, report)}${share > 0 ? `, throttled in ${Math.round(share * 100)}% of periods` : ''}: ${limit}`,
      evidence: [
        ...(worst?.evidence ?? []),
        ...(share > 0 ? [`throttled in ${Math.round(share * 100)}% of the scheduler's periods`] : []),
      ],
      next: [
        quota === null
          ? 'look what else runs on this machine: top'
          : 'raise the CPU limit of the container, or run fewer threads in it',
      ],
    }),
  ];
}

/** On a crowded machine a thread that moves on may get no CPU for a moment: that is felt by nobody. */
function hasTurnedRecently(thread: ThreadReport, report: Unjudged): boolean {
  const forMs = stuckMs(thread, report);
  return forMs !== null && forMs < THRESHOLDS.turnedRecentlyMs;
}

function libuvVerdict(report: Unjudged): Verdict[] {
  const native = report.process.nativeThreads;
  if (native === null || native.libuvPoolBusy === null || native.libuvPoolBusy < Math.max(1, native.libuvPoolSize))
    return [];
  const all = `${native.libuvPoolBusy} of ${native.libuvPoolSize}`;
  return [
    newVerdict({
      code: 'libuv-pool-busy',
      severity: 'warning',
      basis: 'measured',
      text: `${all} threads of the libuv pool are busy: file, DNS and crypto work queues behind them`,
      evidence: [
        `${all} busy in two samples`,
        `${Math.round(native.cpuMs)} ms of CPU time in native threads between them`,
      ],
      next: ['if they compute or wait for slow disks and names: a larger UV_THREADPOOL_SIZE, set before the start'],
    }),
  ];
}

function poolVerdict(pool: PoolReport, report: Unjudged): Verdict[] {
  const oldest = pool.oldestQueuedMs ?? 0;
  if (pool.queued === 0 || oldest < THRESHOLDS.queuedMs) return [];
  const workers = report.threads.filter((thread) => pool.threadIds.includes(thread.threadId));
  const stuck = workers.filter((thread) => isStuck(thread, THRESHOLDS.workerStuckMs, report));
  const isTaken = pool.busy > 0 || stuck.length > 0;
  const isStalled = pool.idle > 0 || (isTaken && stuck.length >= pool.threadIds.length) || pool.threadIds.length === 0;
  const { place, evidence } = submitters(pool, report);
  const waits = `${pool.queued} ${pool.queued === 1 ? 'task queues' : 'tasks queue'} for pool ${pool.name}, the oldest for ${spokenTime(oldest)}`;
  return [
    newVerdict({
      code: isStalled ? 'pool-stalled' : 'pool-saturated',
      severity: isStalled && pool.idle === 0 ? 'critical' : 'warning',
      basis: isStalled ? 'inferred' : 'measured',
      since: sinceOf(oldest, report),
      forMs: oldest,
      frame: place,
      text: `${waits}${isStalled ? stalledWhy(pool) : ''}`,
      evidence: [workersLine(pool, workers, report), ...evidence],
      next: isStalled && pool.idle === 0 ? restartLoses(report) : [lookAgain('is the queue shrinking?', report)],
    }),
  ];
}

function stalledWhy(pool: PoolReport): string {
  if (pool.threadIds.length === 0) return ', and it has no workers';
  return pool.idle > 0
    ? `, while ${pool.idle} of its workers are idle`
    : ', and every worker that should take them is stuck';
}

/** Stuck as the verdicts on threads have it; a pool is called stalled only when that has lasted for a while. */
function workersLine(pool: PoolReport, workers: ThreadReport[], report: Unjudged): string {
  if (pool.threadIds.length === 0) return 'none of its workers is left: they may fail to load their file';
  const stuck = workers.filter((thread) => isStuck(thread, THRESHOLDS.turnedRecentlyMs, report)).length;
  const moving = Math.max(0, pool.busy - stuck);
  const starting = Math.max(0, pool.threadIds.length - pool.busy - pool.idle);
  const others = starting === 0 ? '' : `, ${starting} not ready`;
  return `${pool.busy} of ${pool.threadIds.length} workers taken: ${stuck} stuck, ${moving} making progress${others}`;
}

function submitters(pool: PoolReport, report: Unjudged): { place: Frame | null; evidence: string[] } {
  const [most] = pool.queuedAt;
  const place = most === undefined ? null : culprit(most.stack, report.process.root);
  if (most === undefined || place === null) return { place: null, evidence: [] };
  const all = pool.queued === 1 ? 'it waits' : `all ${pool.queued} wait`;
  // Of tasks that come in masses only some have a place.
  const count = most.count === pool.queued ? all : `at least ${most.count} of them wait`;
  return { place, evidence: [`${count} at ${formatFrame(place, report.process.root).replace(/^async /, '')}`] };
}
