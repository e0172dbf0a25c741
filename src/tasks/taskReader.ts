/** Lists the green threads of one thread: what is pending, since when, where it stands and who started it. */
import type { RawFrame, RawPool, SnapshotRequest, TaskSnapshot } from '../protocol.js';
import type { KeptAlive } from '../report/types.js';
import { AliveList, type MapFrames } from './aliveList.js';
import { readBodies } from './bodyReaders.js';
import { monotonicMs } from './clock.js';
import { decodeForeignFrames } from './frameText.js';
import { TaskGroups } from './groups.js';
import { addHandles } from './handleTasks.js';
import { PoolTasks, type DescribePools } from './poolTasks.js';
import { addPromises } from './promiseTasks.js';
import { isOwnFile } from './realm.js';
import { addRequests, readRequests, type ListedRequest, type RequestsInFlight } from './requestTasks.js';
import { runAtOnce, runInSlices, type PausableWork } from './slices.js';
import { SocketWaits } from './socketWaits.js';
import { setTimeout } from './timers.js';
import type { Tracker } from './tracker.js';

/** Without promise hooks only a walk over the heap lists promises, which another thread starts (`sentinel/heapScan.ts`). */
const NOT_SCANNED = 'not asked for';

export type TaskRequest = Pick<SnapshotRequest, 'lane' | 'placesMax' | 'placesMs' | 'heapScan'>;

export interface WorkerCreation {
  stack: RawFrame[];
  agoMs: number;
}

/** What was read in slices, and the longest of them in ms. */
export interface InSlices<Result> {
  result: Result;
  longestPauseMs: number;
}

export interface ReaderOptions {
  /** How much of a pool task's payload to show, in bytes. */
  payloadBytes: () => number;
  /** Adds to the pools that were found what is known of them beside their tasks. */
  describePools: DescribePools;
}

export class TaskReader {
  readonly #tracker: Tracker;
  readonly #options: ReaderOptions;
  readonly #alive: AliveList;
  #schedule: ((slice: () => void) => void) | undefined;

  constructor(tracker: Tracker, options: ReaderOptions) {
    this.#tracker = tracker;
    this.#options = options;
    this.#alive = new AliveList(tracker.hooks);
  }

  /** At once and synchronous: inside an interrupt of a hung thread. Never throws; what failed is in `notRead`. */
  snapshot(request: TaskRequest): TaskSnapshot {
    return runAtOnce(this.#read(request));
  }

  /** For a healthy thread: the same in slices of about 2 ms between turns of the loop. Never rejects. */
  snapshotInSlices(request: TaskRequest): Promise<InSlices<TaskSnapshot>> {
    return this.#inSlices(this.#read(request));
  }

  /** The worker pools of this thread, at once. */
  pools(request: TaskRequest): RawPool[] {
    return runAtOnce(this.#readPools(request));
  }

  /** For a healthy thread: the same in slices of about 2 ms between turns of the loop. */
  poolsInSlices(request: TaskRequest): Promise<InSlices<RawPool[]>> {
    return this.#inSlices(this.#readPools(request));
  }

  /** What is pending for as long is this package's own, and no task. */
  #inSlices<Result>(work: PausableWork<Result>): Promise<InSlices<Result>> {
    const answer = (): Promise<InSlices<Result>> =>
      new Promise((resolve, reject) => {
        runInSlices(work, (result, longestPauseMs) => resolve({ result, longestPauseMs }), reject, this.#schedule);
      });
    return this.#tracker.ignoring(answer);
  }

  /**
   * What `work` begins to read in slices keeps no thread alive, and is no resource of the application's. By timers: an
   * immediate that is not ref'd waits for whatever wakes the loop next. Returns what `work` does.
   */
  aside<Result>(work: () => Result): Result {
    this.#schedule = (slice) => void this.#tracker.ignoring(() => setTimeout(slice, 1).unref());
    try {
      return work();
    } finally {
      this.#schedule = undefined;
    }
  }

  /** Where the workers of this thread were created and how long ago in ms, by thread id, as far as that is known. */
  workerCreations(): Map<number, WorkerCreation> {
    const creations = new Map<number, WorkerCreation>();
    const watch = this.#tracker.handles;
    try {
      for (const record of watch?.inUse() ?? []) {
        if (record?.type.name !== 'WORKER' || watch === null) continue;
        const { threadId } = record.resource as { threadId?: unknown };
        if (typeof threadId !== 'number') continue;
        const stack = decodeForeignFrames(record.creation() ?? '', isOwnFile);
        creations.set(threadId, { stack, agoMs: watch.ages.ageOf(record.asyncId, monotonicMs()) });
      }
    } catch {
      // Not known, then.
    }
    return creations;
  }

  /** What keeps this thread running (see `aliveList.ts`). Rejects when why-is-node-running was wanted and is not there. */
  whyAlive(mapFrames: MapFrames, lookMs: number): Promise<KeptAlive[]> {
    return this.#alive.list(this.#tracker.handles, mapFrames, lookMs);
  }

  /** Lets why-is-node-running look all the time, or no more. */
  async setLooking(isLooking: boolean): Promise<void> {
    try {
      if (isLooking) await this.#alive.hold();
      else this.#alive.release();
    } catch (error) {
      this.#tracker.fail('why-is-node-running', error);
    }
  }

  /** Each part on its own: one that fails leaves a line and the others whole. */
  *#read(request: TaskRequest): PausableWork<TaskSnapshot> {
    const groups = new TaskGroups();
    const watched = this.#tracker;
    const notRead = [...watched.failures];
    const requests = yield* attempt('requests', notRead, null, this.#readRequests(groups));
    const asked = this.#readPromises(request, requests?.listed ?? [], groups);
    const promises = yield* attempt('promises', notRead, null, asked);
    notRead.push(...(promises?.notRead ?? []));
    const waits = new SocketWaits(requests, watched.requests);
    yield* attempt('handles', notRead, undefined, this.#readHandles(waits, groups));
    const uncounted =
      (watched.promises?.uncounted ?? 0) + (watched.handles?.uncounted ?? 0) + (watched.requests?.uncounted ?? 0);
    if (uncounted > 0) notRead.push(`${uncounted} tasks came when too many were watched already, and are not listed`);
    const { tasks, ...listed } = yield* groups.finishInSlices();
    return {
      mode: watched.mode,
      heapScan: { done: false, why: watched.promises === null ? NOT_SCANNED : 'not needed', pauseMs: 0 },
      pending: tasks,
      placesRead: promises?.placesRead ?? 0,
      collectedUnsettled: watched.promises?.collectedUnsettled ?? 0,
      ...listed,
      notRead,
    };
  }

  *#readRequests(groups: TaskGroups): PausableWork<RequestsInFlight | null> {
    const watch = this.#tracker.requests;
    if (watch === null) return null;
    const requests = yield* readRequests(watch);
    yield* addRequests(requests, watch.ages, groups);
    return requests;
  }

  *#readPromises(
    request: TaskRequest,
    listed: readonly ListedRequest[],
    groups: TaskGroups,
  ): PausableWork<{ placesRead: number; notRead: string[] } | null> {
    const { promises: watch, requests, handles, ages, hooks } = this.#tracker;
    if (watch === null) return null;
    const readers = yield* readBodies(listed, requests?.ages ?? ages, handles);
    const source = { watch, ages, hooks };
    return yield* addPromises(source, request, { listed, readers }, groups);
  }

  *#readHandles(waits: SocketWaits, groups: TaskGroups): PausableWork<void> {
    const watch = this.#tracker.handles;
    if (watch !== null) yield* addHandles(watch, waits, groups);
  }

  *#readPools({ lane }: TaskRequest): PausableWork<RawPool[]> {
    const payloadBytes = this.#options.payloadBytes();
    const tasks = new PoolTasks(payloadBytes);
    for (const record of this.#tracker.handles?.embedded() ?? []) {
      if (record === null) yield;
      else tasks.add(record);
    }
    return this.#options.describePools(tasks.found(), lane, payloadBytes);
  }
}

/** What `work` returns; where it throws, `otherwise`, and a line in `notRead`. */
function* attempt<Result>(
  what: string,
  notRead: string[],
  otherwise: Result,
  work: PausableWork<Result>,
): PausableWork<Result> {
  try {
    return yield* work;
  } catch (error) {
    notRead.push(`${what}: ${reason(error)}`);
    return otherwise;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : 'failed';
}
