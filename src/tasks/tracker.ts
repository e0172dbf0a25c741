/**
 * The green threads of one thread: what is pending, since when, where it stands and who started it. Importing this has
 * no effect; `installTracker` puts the hooks of its mode in place. Nothing here throws into the application.
 */
import { setImmediate } from 'node:timers';
import type { RawPool, TaskSnapshot } from '../protocol.js';
import type { KeptAlive, TasksMode } from '../report/types.js';
import { Ages } from './ages.js';
import { AliveList, type MapFrames } from './aliveList.js';
import { monotonicMs } from './clock.js';
import { decodeForeignFrames } from './frameText.js';
import { TaskGroups } from './groups.js';
import { addHandles } from './handleTasks.js';
import { HandleWatch } from './handles.js';
import { PoolTasks, type DescribePools } from './poolTasks.js';
import { OwnWork } from './ownWork.js';
import { addPromises } from './promiseTasks.js';
import { PromiseWatch } from './promises.js';
import { isOwnFile } from './realm.js';
import { RequestWatch } from './requests.js';
import { addRequests, readRequests, type ListedRequest, type RequestsInFlight } from './requestTasks.js';
import { runAtOnce, runInSlices, type PausableWork } from './slices.js';
import { SocketWaits } from './socketWaits.js';
import type { InSlices, TaskRequest, TaskTracker, TrackerOptions, WorkerCreation } from './taskTracker.js';
import { HooksWithoutPromises } from './withoutPromises.js';

/** Without promise hooks only a walk over the heap lists promises, which another thread starts (`sentinel/heapScan.ts`). */
const NOT_SCANNED = 'not asked for';

/** Node 24.0 to 24.13 and 25.0 to 25.5 have neither of the two means (`withoutPromises.ts`). */
const NO_HANDLES =
  'this Node cannot keep promises out of async hooks, so handles are watched with tasks full only (their types are counted all the same)';

/** Starts to watch this thread's tasks. */
export function installTracker(mode: TasksMode, options: TrackerOptions): TaskTracker {
  const tracker = new Tracker(options);
  tracker.setMode(mode);
  return tracker;
}

class Tracker implements TaskTracker {
  readonly #describePools: DescribePools;
  readonly #own = new OwnWork();
  readonly #hooks = new HooksWithoutPromises();
  readonly #alive = new AliveList(this.#hooks);
  #mode: TasksMode = 'off';
  #ages = new Ages();
  #promises: PromiseWatch | null = null;
  #handles: HandleWatch | null = null;
  #requests: RequestWatch | null = null;
  #failures: string[] = [];
  #payloadBytes: number;

  constructor({ payloadBytes, describePools }: TrackerOptions) {
    this.#payloadBytes = payloadBytes;
    this.#describePools = describePools;
  }

  get mode(): TasksMode {
    return this.#mode;
  }

  setMode(mode: TasksMode): void {
    if (mode === this.#mode) return;
    const isStackChange = mode === 'full' || this.#mode === 'full';
    if (isStackChange) this.stop();
    this.#mode = mode;
    this.#failures = [];
    this.#guarded('handles', () => this.#setHandles(mode !== 'off', mode === 'full'));
    this.#guarded('promises', () => this.#setPromises(mode === 'on' || mode === 'full', mode === 'full'));
    this.#guarded('requests', () => this.#setRequests(mode !== 'off', mode === 'full'));
    if (mode === 'full') this.ignoring(() => void this.#holdAlive());
  }

  setPayload(bytes: number): void {
    this.#payloadBytes = bytes;
  }

  stop(): void {
    if (this.#mode === 'full') this.#alive.release();
    this.#mode = 'off';
    this.#guarded('requests', () => this.#setRequests(false, false));
    this.#guarded('promises', () => this.#setPromises(false, false));
    this.#guarded('handles', () => this.#setHandles(false, false));
  }

  ignoring<Result>(work: () => Result): Result {
    return this.#own.run(work);
  }

  beat(): void {
    this.#guarded('heartbeat', () => {
      this.#hooks.beat();
      if (this.#promises !== null) this.#ages.beat(this.#promises.ring.count());
      this.#promises?.beat();
      this.#handles?.beat();
      this.#requests?.beat();
    });
  }

  snapshot(request: TaskRequest): TaskSnapshot {
    return runAtOnce(this.#read(request));
  }

  pools(request: TaskRequest): RawPool[] {
    return runAtOnce(this.#readPools(request));
  }

  poolsInSlices(request: TaskRequest): Promise<InSlices<RawPool[]>> {
    return this.#inSlices(this.#readPools(request));
  }

  snapshotInSlices(request: TaskRequest): Promise<InSlices<TaskSnapshot>> {
    return this.#inSlices(this.#read(request));
  }

  /** What is pending for as long is this package's own, and no task. */
  #inSlices<Result>(work: PausableWork<Result>): Promise<InSlices<Result>> {
    const answer = (): Promise<InSlices<Result>> =>
      new Promise((resolve, reject) => {
        runInSlices(work, (result, longestPauseMs) => resolve({ result, longestPauseMs }), reject);
      });
    return this.ignoring(answer);
  }

  rehearse(): void {
    const work = this.#read({ lane: 'port', placesMax: 0, placesMs: 0, heapScan: 'never' });
    runInSlices(
      work,
      () => {},
      () => {},
      (slice) => void setImmediate(slice).unref(),
    );
  }

  workerCreations(): Map<number, WorkerCreation> {
    const creations = new Map<number, WorkerCreation>();
    const watch = this.#handles;
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

  whyAlive(mapFrames: MapFrames, lookMs: number): Promise<KeptAlive[]> {
    return this.#alive.list(this.#handles, mapFrames, lookMs);
  }

  /** Each part on its own: one that fails leaves a line and the others whole. */
  *#read(request: TaskRequest): PausableWork<TaskSnapshot> {
    const groups = new TaskGroups();
    const notRead = [...this.#failures];
    const requests = yield* attempt('requests', notRead, null, this.#readRequests(groups));
    const asked = this.#readPromises(request, requests?.listed ?? [], groups);
    const promises = yield* attempt('promises', notRead, null, asked);
    notRead.push(...(promises?.notRead ?? []));
    const waits = new SocketWaits(requests, this.#requests);
    yield* attempt('handles', notRead, undefined, this.#readHandles(waits, groups));
    const uncounted =
      (this.#promises?.uncounted ?? 0) + (this.#handles?.uncounted ?? 0) + (this.#requests?.uncounted ?? 0);
    if (uncounted > 0) notRead.push(`${uncounted} tasks came when too many were watched already, and are not listed`);
    const { tasks, ...listed } = yield* groups.finishInSlices();
    return {
      mode: this.#mode,
      heapScan: { done: false, why: this.#promises === null ? NOT_SCANNED : 'not needed', pauseMs: 0 },
      pending: tasks,
      placesRead: promises?.placesRead ?? 0,
      collectedUnsettled: this.#promises?.collectedUnsettled ?? 0,
      ...listed,
      notRead,
    };
  }

  *#readRequests(groups: TaskGroups): PausableWork<RequestsInFlight | null> {
    if (this.#requests === null) return null;
    const requests = yield* readRequests(this.#requests);
    yield* addRequests(requests, this.#requests.ages, groups);
    return requests;
  }

  *#readPromises(
    request: TaskRequest,
    requests: readonly ListedRequest[],
    groups: TaskGroups,
  ): PausableWork<{ placesRead: number; notRead: string[] } | null> {
    if (this.#promises === null) return null;
    const source = { watch: this.#promises, ages: this.#ages, hooks: this.#hooks };
    return yield* addPromises(source, request, requests, groups);
  }

  *#readHandles(waits: SocketWaits, groups: TaskGroups): PausableWork<void> {
    if (this.#handles !== null) yield* addHandles(this.#handles, waits, groups);
  }

  *#readPools({ lane }: TaskRequest): PausableWork<RawPool[]> {
    const tasks = new PoolTasks(this.#payloadBytes);
    for (const record of this.#handles?.embedded() ?? []) {
      if (record === null) yield;
      else tasks.add(record);
    }
    return this.#describePools(tasks.found(), lane, this.#payloadBytes);
  }

  #setRequests(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#requests !== null)) return;
    this.#requests?.stop();
    this.#requests = isWanted ? new RequestWatch(() => this.#promises?.ring.count() ?? 0, withStacks) : null;
    this.#requests?.start();
  }

  #setPromises(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#promises !== null)) return;
    this.#promises?.stop();
    if (isWanted) this.#ages = new Ages();
    this.#promises = isWanted ? new PromiseWatch(this.#ages, this.#own, withStacks) : null;
    this.#promises?.start();
    this.#hooks.setWatch(this.#promises);
  }

  #setHandles(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#handles !== null)) return;
    this.#handles?.stop();
    this.#handles = null;
    if (!isWanted) return;
    if (!this.#hooks.isPossible && !withStacks) {
      this.#failures.push(`handles: ${NO_HANDLES}`);
      return;
    }
    const watch = new HandleWatch(this.#hooks, this.#own, withStacks);
    watch.start();
    if (!this.#hooks.isPossible || this.#hooks.isSound()) this.#handles = watch;
    else {
      watch.stop();
      this.#failures.push('handles: promises reached the async hook, so handles are not watched');
    }
  }

  #guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(what, error);
    }
  }

  async #holdAlive(): Promise<void> {
    try {
      await this.#alive.hold();
    } catch (error) {
      this.#fail('why-is-node-running', error);
    }
  }

  #fail(what: string, error: unknown): void {
    if (this.#failures.length < 10) this.#failures.push(`${what}: ${reason(error)}`);
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
