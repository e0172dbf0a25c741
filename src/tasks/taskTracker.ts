/** What the tracker of a thread does for others (`tracker.ts`). */
import type { RawFrame, RawPool, SnapshotRequest, TaskSnapshot } from '../protocol.js';
import type { KeptAlive, TasksMode } from '../report/types.js';
import type { MapFrames } from './aliveList.js';
import type { DescribePools } from './poolTasks.js';

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

export interface TaskTracker {
  readonly mode: TasksMode;
  /** At once and synchronous: inside an interrupt of a hung thread. Never throws; what failed is in `notRead`. */
  snapshot(request: TaskRequest): TaskSnapshot;
  /** The worker pools of this thread, at once. */
  pools(request: TaskRequest): RawPool[];
  /** For a healthy thread: the same in slices of about 2 ms between turns of the loop. */
  poolsInSlices(request: TaskRequest): Promise<InSlices<RawPool[]>>;
  /** For a healthy thread: the same in slices of about 2 ms between turns of the loop. Never rejects. */
  snapshotInSlices(request: TaskRequest): Promise<InSlices<TaskSnapshot>>;
  /** Where the workers of this thread were created and how long ago in ms, by thread id, as far as that is known. */
  workerCreations(): Map<number, WorkerCreation>;
  /** What keeps this thread running (see `aliveList.ts`). Rejects when why-is-node-running was wanted and is not there. */
  whyAlive(mapFrames: MapFrames, lookMs: number): Promise<KeptAlive[]>;
  /** Runs `work`, of this package: what it makes at once is no task. Gives back or throws what `work` does. */
  ignoring<Result>(work: () => Result): Result;
  /** Notes the time and lets go of what is old: to be called from a timer, every 250 ms. */
  beat(): void;
  /** Lists the tasks for nobody, asking none for its place: so that the code is compiled when it is needed. */
  rehearse(): void;
  /** Changes what is watched from now on. */
  setMode(mode: TasksMode): void;
  /** Changes how much of a pool task's payload is shown, in bytes. */
  setPayload(bytes: number): void;
  /** Takes all hooks out again. */
  stop(): void;
}

export interface TrackerOptions {
  /** How much of a pool task's payload to show. */
  payloadBytes: number;
  /** Adds to the pools that were found what is known of them beside their tasks. */
  describePools: DescribePools;
}
