/**
 * Pools of libraries whose tasks say nothing of themselves: known by their threads, by the file that these were started
 * with and by who created them. What such a pool cannot tell is said in `notKnown`.
 */
import type { Answer } from '../coordinator/collected.js';
import type { RawFrame, RawTaskGroup, RunningTest } from '../protocol.js';
import { packageOf, sameFrame, sameStack, toPath } from '../report/frames.js';
import { isCode, isPoolLibrary, libraryOf, libraryOfFile, notToldBy, pendingGroups } from './poolLibraries.js';
import type { Frame, PendingTasks, PoolReport, PoolTask, ThreadReport } from '../report/types.js';

const PLACES_SHOWN = 3;

interface Member {
  thread: ThreadReport;
  test: RunningTest | null;
  kind: string;
  /** Of the application; null for a worker file of the library itself, and where nobody knows. */
  file: string | null;
  /** The code that is not the library's, where the worker was created. */
  places: Frame[];
}

/** One report a pool; threads of `known` pools are left to these. */
export function libraryPools(
  threads: readonly ThreadReport[],
  answers: readonly Answer[],
  known: readonly PoolReport[],
  complete: (frame: RawFrame) => Frame,
): PoolReport[] {
  const taken = new Set(known.flatMap((pool) => pool.threadIds));
  const members = threads.flatMap((thread) => (taken.has(thread.threadId) ? [] : memberOf(thread, answers)));
  const pools = gather(members);
  return named(pools.map((pool) => ({ pool, report: describe(pool, pools, answers, complete) })));
}

/**
 * The same pools, those of these libraries with what their workers' stacks tell of their tasks: what an object tells has
 * neither times nor, in part, names, and counts as running what waits in a worker.
 */
export function withTasksOnStack(known: readonly PoolReport[], threads: readonly ThreadReport[]): PoolReport[] {
  return known.map((pool) => {
    if (!isPoolLibrary(pool.kind)) return pool;
    const told = threads
      .filter(({ threadId }) => pool.threadIds.includes(threadId))
      .flatMap((thread) => runningIn({ thread, test: null, kind: pool.kind }));
    const isTold = (task: PoolTask): boolean => told.some(({ threadId }) => threadId === task.threadId);
    return { ...pool, running: [...told, ...pool.running.filter((task) => !isTold(task))] };
  });
}

function memberOf(thread: ThreadReport, answers: readonly Answer[]): Member[] {
  const snapshot = answers.find((answer) => answer.snapshot.threadId === thread.threadId)?.snapshot;
  if (thread.role === 'helper' || thread.role === 'sentinel') return [];
  const entry = snapshot?.entry ?? null;
  const hasWorkers = (snapshot?.children ?? []).length > 0;
  const kind = libraryOf({ ...thread, entry, hasWorkers }) ?? snapshot?.test?.runner ?? null;
  if (kind === null) return [];
  const outside = (frame: Frame): boolean => isCode(frame) && packageOf(toPath(frame.file ?? '')) !== kind;
  const file = entry === null || libraryOfFile(entry) !== null ? null : toPath(entry);
  return [{ thread, test: snapshot?.test ?? null, kind, file, places: thread.createdAt.filter(outside) }];
}

/** Threads of one parent, library and file; without a file, those created in one place. What tells neither joins an only pool. */
function gather(members: readonly Member[]): Member[][] {
  const pools: Member[][] = [];
  const loose: Member[] = [];
  for (const member of members) {
    const pool = pools.find(([first]) => first !== undefined && isSamePool(first, member));
    if (pool !== undefined) pool.push(member);
    else if (member.file === null && member.places.length === 0) loose.push(member);
    else pools.push([member]);
  }
  for (const member of loose) {
    const [only, ...others] = pools.filter(([first]) => first !== undefined && isSameOwner(first, member));
    if (only === undefined || others.length > 0) pools.push([member]);
    else only.push(member);
  }
  return pools;
}

function isSameOwner(one: Member, other: Member): boolean {
  return one.kind === other.kind && one.thread.parentThreadId === other.thread.parentThreadId;
}

/** Workerpool creates workers when tasks come: their places say nothing of the pool. */
function isSamePool(one: Member, other: Member): boolean {
  if (!isSameOwner(one, other) || one.file !== other.file) return false;
  if (one.file !== null || one.kind === 'workerpool' || one.kind === 'vitest') return true;
  return one.places.length > 0 && sameStack(one.places, other.places);
}

function describe(
  pool: Member[],
  pools: readonly Member[][],
  answers: readonly Answer[],
  complete: (frame: RawFrame) => Frame,
): PoolReport {
  const [first] = pool as [Member, ...Member[]];
  const isOnly = pools.filter(([other]) => other !== undefined && isSameOwner(other, first)).length === 1;
  const groups = pendingGroups(first.kind, first.thread.parentThreadId, answers);
  const pending = isOnly ? pendingOf(groups, complete) : null;
  const isBlocked = pool.every(({ thread }) => thread.blockedForMs !== null);
  const isBusy = (member: Member): boolean => member.thread.state !== 'idle' || member.test !== null;
  const busy = pool.filter(isBusy).length;
  // Only where no worker can start a task there is no doubt that the rest of them waits.
  const queued = isBlocked ? Math.max(0, (pending?.count ?? 0) - pool.length) : 0;
  const ages = groups.flatMap((group) => group.ages).sort((one, other) => other - one);
  return {
    name: nameOf(first),
    kind: first.kind,
    file: first.file,
    threadIds: pool.map(({ thread }) => thread.threadId).sort((one, other) => one - other),
    busy,
    idle: pool.length - busy,
    queued,
    oldestQueuedMs: queued === 0 ? null : (ages[pool.length] ?? null),
    running: pool.flatMap(runningIn),
    queuedAt: queued === 0 ? [] : placesOf(withoutOldest(groups, pool.length), complete),
    oldestQueued: null,
    runningElided: 0,
    ownerThreadId: first.thread.parentThreadId ?? 0,
    limits: null,
    completed: null,
    utilization: null,
    needsDrain: null,
    runTime: null,
    waitTime: null,
    factsAgoMs: null,
    queueKnown: false,
    pending,
    notKnown: [
      ...notToldBy(first.kind),
      ...(isOnly || groups.length === 0 ? [] : ['which tasks are its own: this thread has several such pools']),
    ],
  };
}

function pendingOf(groups: readonly RawTaskGroup[], complete: (frame: RawFrame) => Frame): PendingTasks | null {
  if (groups.length === 0) return null;
  return {
    count: groups.reduce((sum, group) => sum + group.count, 0),
    oldestMs: Math.max(...groups.map((group) => group.ageMs?.max ?? 0)),
    at: placesOf(groups, complete),
  };
}

function placesOf(
  groups: readonly Pick<RawTaskGroup, 'count' | 'createdAt'>[],
  complete: (frame: RawFrame) => Frame,
): PendingTasks['at'] {
  return groups
    .filter(({ count, createdAt }) => count > 0 && createdAt.length > 0)
    .sort((one, other) => other.count - one.count)
    .slice(0, PLACES_SHOWN)
    .map(({ count, createdAt }) => ({ count, stack: createdAt.map((frame) => complete(frame)) }));
}

/** The oldest are those that run. */
function withoutOldest(groups: readonly RawTaskGroup[], running: number): Pick<RawTaskGroup, 'count' | 'createdAt'>[] {
  const left = groups.map(({ count, createdAt, ages }) => ({ count, createdAt, ages: ages.toSorted((a, b) => b - a) }));
  for (let task = 0; task < running; task++) {
    const oldest = left.reduce((one, other) => ((other.ages[0] ?? -1) > (one.ages[0] ?? -1) ? other : one));
    oldest.ages.shift();
    oldest.count--;
  }
  return left;
}

/** What a thread is known to work on: the test it runs; or, where its loop does not turn, what was called first on its stack. */
function runningIn({ thread, test, kind }: Pick<Member, 'thread' | 'test' | 'kind'>): PoolTask[] {
  const { threadId, blockedForMs } = thread;
  const told = { threadId, queuedMs: null, submittedAt: [], labels: {}, payload: null };
  if (test !== null)
    return [
      {
        ...told,
        task: test.name ?? 'loading, or between tests',
        file: test.file,
        runningMs: test.runningMs ?? blockedForMs,
      },
    ];
  const isOwn = (frame: Frame): boolean => !frame.async && isCode(frame) && packageOf(frame.file ?? '') !== kind;
  const task = thread.stack.findLast(isOwn);
  if (task === undefined || blockedForMs === null) return [];
  return [{ ...told, task: task.function || '(top level)', file: task.file, runningMs: blockedForMs }];
}

/** By the file that its workers run, else by the library. */
function nameOf({ file, kind }: Member): string {
  if (file === null) return kind;
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return base.replace(/\.[cm]?[jt]sx?$/, '') || base;
}

/** Pools of one name are told apart by the nearest place in which the creations of their workers differ. */
function named(pools: { pool: Member[]; report: PoolReport }[]): PoolReport[] {
  return pools.map(({ pool, report }) => {
    const twins = pools
      .filter((other) => other.report.name === report.name)
      .map((other) => other.pool[0]?.places ?? []);
    const place = twins.length < 2 ? undefined : pool[0]?.places.find((frame, index) => isTelling(frame, index, twins));
    if (place?.file == null) return report;
    const base = place.file.slice(Math.max(place.file.lastIndexOf('/'), place.file.lastIndexOf('\\')) + 1);
    return { ...report, name: `${report.name} (${base}:${place.line ?? '?'})` };
  });
}

function isTelling(frame: Frame, index: number, twins: readonly (readonly Frame[])[]): boolean {
  return twins.some((places) => {
    const twin = places[index];
    return twin === undefined || !sameFrame(twin, frame);
  });
}
