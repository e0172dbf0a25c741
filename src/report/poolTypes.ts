/** Worker pools: what they do now, what waits for them, and how they were made. */
import type { Frame } from './threadTypes.js';

export interface PoolTask {
  threadId: number;
  task: string;
  file: string | null;
  /** Null where nobody knows since when. */
  runningMs: number | null;
  queuedMs: number | null;
  submittedAt: Frame[];
  /** Of the scope that submitted it. */
  labels: Record<string, string>;
  /** What it was given, as far as the pool still has it and the option `taskPayload` asks for it; redacted JSON, cut. */
  payload: string | null;
}

/** A task that waits for a worker. */
export interface QueuedPoolTask {
  task: string;
  file: string | null;
  submittedAt: Frame[];
  labels: Record<string, string>;
  payload: string | null;
}

/** What a pool was made with; null where it is not bounded, or not known. */
export interface PoolLimits {
  minThreads: number | null;
  maxThreads: number | null;
  /** After how long an idle worker ends, ms. */
  idleTimeoutMs: number | null;
  /** How many tasks may wait. */
  maxQueue: number | null;
  /** How many tasks a worker may have at once. */
  tasksPerWorker: number | null;
}

/** Times of all tasks that a pool has done, ms. */
export interface PoolTimes {
  p50: number;
  p99: number;
  max: number;
}

export interface PoolReport {
  name: string;
  kind: string;
  file: string | null;
  threadIds: number[];
  busy: number;
  idle: number;
  queued: number;
  oldestQueuedMs: number | null;
  running: PoolTask[];
  /** Where the queued tasks were submitted, most frequent first. */
  queuedAt: { count: number; stack: Frame[] }[];
  /** The one that has waited longest. */
  oldestQueued: QueuedPoolTask | null;
  /** Tasks that run and are not among `running`. */
  runningElided: number;
  /** The thread that made the pool and submits its tasks. */
  ownerThreadId: number;
  /** Null, as all that follows, where the pool's object could not be asked. */
  limits: PoolLimits | null;
  /** Tasks done since the pool was made. */
  completed: number | null;
  /** Between 0 and 1, as the pool counts it. */
  utilization: number | null;
  /** Whether the pool asks for less work. */
  needsDrain: boolean | null;
  /** How long tasks ran, and how long they waited before. */
  runTime: PoolTimes | null;
  waitTime: PoolTimes | null;
  /** How long ago the pool's object was asked: 0 when for this report. */
  factsAgoMs: number | null;
  /** False where nobody tells how many tasks wait: `queued` is then 0, or what is certain to wait. */
  queueKnown: boolean;
  /** Tasks submitted and not done, of a library that does not tell which of them run; null where the others tell, or nobody does. */
  pending: PendingTasks | null;
  /** What is not known of this pool and why, one line each. */
  notKnown: string[];
}

export interface PendingTasks {
  count: number;
  oldestMs: number;
  /** Where they were submitted, most frequent first. */
  at: { count: number; stack: Frame[] }[];
}
