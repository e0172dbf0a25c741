/** Verdicts on what queues and what is short: CPU, the libuv pool, worker pools, tasks at one place. */
import { spokenTime } from './durations.js';
import { culprit, formatFrame } from './frames.js';
import { THRESHOLDS } from './thresholds.js';
import type { Frame, PoolReport, TaskGroup, ThreadReport, Verdict } from './types.js';
import { isStuck, nameThread, newVerdict, restartLoses, sinceOf, stuckMs, type Unjudged } from './verdictParts.js';

export function loadVerdicts(report: Unjudged): Verdict[] {
  const pools = report.pools.flatMap((pool) => poolVerdict(pool, report));
  return [...throttledVerdict(report), ...libuvVerdict(report), ...pools, ...pileupVerdicts(report)];
}

function throttledVerdict(report: Unjudged): Verdict[] {
  const { container } = report.process;
  const share = container?.throttledShare ?? 0;
  const threads = report.threads.filter((thread) => thread.state === 'throttled');
  if (share < THRESHOLDS.throttledShare && threads.length === 0) return [];
  const worst = [...threads].sort((one, other) => (other.blockedForMs ?? 0) - (one.blockedForMs ?? 0))[0];
  const forMs = worst === undefined ? null : stuckMs(worst, report);
  const isHeavy = share >= THRESHOLDS.heavilyThrottledShare || (forMs ?? 0) >= THRESHOLDS.turnedRecentlyMs;
  const quota = container?.cpuQuota ?? null;
  const limit =
    quota === null ? 'the machine has too few CPUs for what runs on it' : `the container may use ${quota} CPUs`;
  const who = worst === undefined ? 'the process' : nameThread(worst);
  return [
    newVerdict({
      code: 'cpu-throttled',
      severity: isHeavy ? 'critical' : 'warning',
      basis: quota === null ? 'inferred' : 'measured',
      threadId: worst?.threadId ?? null,
      since: sinceOf(forMs, report),
      forMs,
      text: `${who} wants to run and is not let${share > 0 ? `, throttled in ${Math.round(share * 100)}% of periods` : ''}: ${limit}`,
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
  const isStalled = pool.idle > 0 || (pool.busy > 0 && stuck.length >= pool.busy) || pool.threadIds.length === 0;
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
      evidence: [workersLine(pool, stuck), ...evidence],
      next:
        isStalled && pool.idle === 0
          ? restartLoses(report)
          : ['is the queue shrinking?  take a second report and compare'],
    }),
  ];
}

function stalledWhy(pool: PoolReport): string {
  if (pool.threadIds.length === 0) return ', and it has no workers';
  return pool.idle > 0
    ? `, while ${pool.idle} of its workers are idle`
    : ', and every worker that should take them is stuck';
}

function workersLine(pool: PoolReport, stuck: ThreadReport[]): string {
  const moving = Math.max(0, pool.busy - stuck.length);
  return `${pool.busy} of ${pool.threadIds.length} workers taken: ${stuck.length} stuck, ${moving} making progress`;
}

function submitters(pool: PoolReport, report: Unjudged): { place: Frame | null; evidence: string[] } {
  const [most] = pool.queuedAt;
  const place = most === undefined ? null : culprit(most.stack, report.process.root);
  if (most === undefined || place === null) return { place: null, evidence: [] };
  const count = most.count === pool.queued ? `all ${pool.queued}` : `${most.count}`;
  return { place, evidence: [`${count} wait at ${formatFrame(place, report.process.root).replace(/^async /, '')}`] };
}

function pileupVerdicts(report: Unjudged): Verdict[] {
  const places = new Set(report.pools.flatMap((pool) => pool.queuedAt.flatMap(({ stack }) => placeKeys(stack))));
  return report.tasks.groups
    .filter((group) => isPileup(group) && !placeKeys(group.awaitStack).some((key) => places.has(key)))
    .map((group) => pileup(group, report));
}

/** Only awaits pile up: thousands of open sockets or timers are what a server has. */
function isPileup(group: TaskGroup): boolean {
  const isWait = group.type === 'await' && group.awaitStack.length > 0;
  return isWait && group.count >= THRESHOLDS.pileupTasks && (group.ageMs?.max ?? 0) >= THRESHOLDS.pileupOldestMs;
}

function pileup(group: TaskGroup, report: Unjudged): Verdict {
  const { root } = report.process;
  const frame = culprit(group.awaitStack, root);
  const oldest = group.ageMs?.max ?? 0;
  const where = frame === null ? '' : ` at ${formatFrame(frame, root)}`;
  const what = group.waitsFor === null ? '' : ` for ${group.waitsFor.what}`;
  return newVerdict({
    code: 'task-pileup',
    severity: 'warning',
    basis: 'inferred',
    threadId: group.threadIds.length === 1 ? (group.threadIds[0] ?? null) : null,
    since: sinceOf(oldest, report),
    forMs: oldest,
    frame,
    waitsFor: group.waitsFor,
    text: `${group.count} tasks wait${what}${where}, the oldest for ${spokenTime(oldest)}`,
    evidence: [
      `ages ${spokenTime(group.ageMs?.min ?? 0)} to ${spokenTime(oldest)}, median ${spokenTime(group.ageMs?.median ?? 0)}`,
      'inferred: it may be by design',
    ],
    next: ['does it grow?  take a second report and compare'],
  });
}

function placeKeys(stack: readonly Frame[]): string[] {
  return stack
    .filter((frame) => frame.file !== null && !frame.file.startsWith('node:'))
    .map((frame) => `${frame.file}:${frame.line}`);
}
