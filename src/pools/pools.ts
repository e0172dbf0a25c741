/** What worker pools are doing, as the threads tell that made them, with what those that work for them are doing now. */
import type { Answer } from '../coordinator/collected.js';
import type { RawFrame, RawPool, RawPoolTask } from '../protocol.js';
import type { Frame, PoolReport, PoolTask, ThreadReport } from '../report/types.js';
import type { PoolFacts } from './adapters/adapter.js';

type Complete = (frame: RawFrame) => Frame;

/** One report a pool: those with a queue first, then the busiest. */
export function poolsOf(
  answers: readonly Answer[],
  threads: readonly ThreadReport[],
  complete: Complete,
): PoolReport[] {
  const pools = answers.flatMap(({ snapshot }) =>
    snapshot.pools.map((pool) => describe(pool, snapshot.threadId, threads, complete)),
  );
  return withNamesOfTheirOwn(pools).sort((a, b) => b.queued - a.queued || b.busy - a.busy);
}

function describe(
  pool: RawPool,
  ownerThreadId: number,
  threads: readonly ThreadReport[],
  complete: Complete,
): PoolReport {
  const { facts } = pool;
  const file = facts?.file ?? [...pool.running, pool.oldestQueued].find((task) => task?.file != null)?.file ?? null;
  const workers = workersOf(pool, threads);
  const queued = queuedOf(pool, workers);
  const oldest = queued === 0 ? null : pool.oldestQueued;
  return {
    name: pool.name ?? nameOf(file),
    kind: pool.kind,
    file,
    threadIds: workers.threadIds,
    busy: workers.busy,
    idle: workers.idle,
    queued,
    oldestQueuedMs: oldest?.queuedMs ?? null,
    running: runningOf(pool, complete),
    queuedAt: queued === 0 ? [] : pool.queuedAt.map(({ count, stack }) => ({ count, stack: stack.map(complete) })),
    oldestQueued: oldest === null ? null : describeTask(oldest, complete),
    runningElided: pool.runningElided,
    ownerThreadId,
    limits: limitsOf(facts),
    completed: facts?.completed ?? null,
    utilization: facts === null || facts.utilization === null ? null : Math.round(facts.utilization * 1000) / 1000,
    needsDrain: facts?.needsDrain ?? null,
    runTime: facts?.runTime ?? null,
    waitTime: facts?.waitTime ?? null,
    factsAgoMs: pool.factsAgoMs === null ? null : Math.round(pool.factsAgoMs),
    queueKnown: pool.isTracked || facts?.queued != null,
    pending: null,
    notKnown: [...(facts?.notKnown ?? []), ...(pool.notRead === null ? [] : [`its object: ${pool.notRead}`])],
  };
}

interface Workers {
  threadIds: number[];
  busy: number;
  /** Waiting for a task. What is neither is starting, or busy with something that no task of the pool is. */
  idle: number;
  /** Whether the others are all known to be waiting. */
  areOthersIdle: boolean;
}

function workersOf({ running, facts, isTracked, factsAgoMs }: RawPool, threads: readonly ThreadReport[]): Workers {
  const taken = new Set(running.map(({ threadId }) => threadId).filter((threadId) => threadId !== null));
  const threadIds = [...new Set([...(facts?.threadIds ?? []), ...taken])].sort((one, other) => one - other);
  const others = threadIds.filter((threadId) => !taken.has(threadId));
  const waiting = others.filter((id) => threads.some(({ threadId, state }) => threadId === id && state === 'idle'));
  const known = factsAgoMs === 0 ? facts : null;
  return {
    threadIds,
    busy: isTracked
      ? taken.size + running.filter(({ threadId }) => threadId === null).length
      : (known?.busy ?? taken.size),
    idle: known?.idle ?? waiting.length,
    areOthersIdle: waiting.length === others.length,
  };
}

/** Where no worker is starting, the queue is what the pool calls it; the rest was turned away, and is not collected yet. */
function queuedOf({ queued, facts, isTracked, factsAgoMs }: RawPool, { areOthersIdle }: Workers): number {
  if (!isTracked || facts === null || facts.queued === null || factsAgoMs !== 0) return queued;
  return areOthersIdle ? Math.min(queued, facts.queued) : queued;
}

/** Longest running first; tasks of child processes have no thread to be told with. */
function runningOf({ running }: RawPool, complete: Complete): PoolTask[] {
  return running
    .flatMap((task) =>
      task.threadId === null
        ? []
        : [{ threadId: task.threadId, ...describeTask(task, complete), ...runningTimes(task) }],
    )
    .sort((one, other) => (other.runningMs ?? 0) - (one.runningMs ?? 0));
}

function runningTimes({ runningMs, queuedMs }: RawPoolTask): Pick<PoolTask, 'runningMs' | 'queuedMs'> {
  return { runningMs, queuedMs };
}

function describeTask(
  task: RawPoolTask,
  complete: Complete,
): Pick<PoolTask, 'task' | 'file' | 'submittedAt' | 'labels' | 'payload'> {
  const { file, labels, payload } = task;
  return { task: task.name ?? 'default', file, submittedAt: task.submittedAt.map(complete), labels, payload };
}

function limitsOf(facts: PoolFacts | null): PoolReport['limits'] {
  if (facts === null) return null;
  const { minThreads, maxThreads, idleTimeoutMs, maxQueue, tasksPerWorker } = facts;
  return { minThreads, maxThreads, idleTimeoutMs, maxQueue, tasksPerWorker };
}

/** Pools that run the same file are told apart by a number, in the order in which they were found. */
function withNamesOfTheirOwn(pools: PoolReport[]): PoolReport[] {
  const taken = new Set<string>();
  for (const pool of pools) {
    const { name } = pool;
    for (let number = 2; taken.has(pool.name); number++) pool.name = `${name} #${number}`;
    taken.add(pool.name);
  }
  return pools;
}

/** The worker file's base name: what a person calls the pool that has no name. */
function nameOf(file: string | null): string {
  if (file === null) return 'pool';
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return base.replace(/\.[cm]?[jt]sx?$/, '') || base;
}
