/**
 * What the object of a worker pool tells that no async resource does. One adapter a library; `instrument` picks the one that
 * recognises the object it is given.
 */

/** How one library's pool objects are told from everything else, and read. Holds no state and keeps no object alive. */
export interface PoolAdapter {
  /** What `pools[].kind` says: the library's package name. */
  readonly kind: string;
  /**
   * True when `read` calls code of the pool (getters, methods): then it is called between turns of the loop only. False when
   * it reads data properties alone (`tasks/ownData`), so that it may also be called inside an interrupt of a hung thread.
   */
  readonly callsPool: boolean;
  /** Whether `pool` is one of this library's; subclasses and other copies of the library are. Never throws. */
  recognises(pool: object): boolean;
  /** The pool as it is now. May throw where `callsPool` is true: who calls it guards it, and says what was not read. */
  read(pool: object): PoolFacts;
}

/** What a pool knows of itself; null where this library does not tell. Times are ms. */
export interface PoolFacts {
  /** The file its workers run, or the module that they load; null for the library's own worker without one. */
  file: string | null;
  /** The threads of its workers that have not ended, in the order of their ids; empty for a pool of processes. */
  threadIds: number[];
  minThreads: number | null;
  maxThreads: number | null;
  /** After how long an idle worker ends; null where workers stay. */
  idleTimeoutMs: number | null;
  /** How many tasks may wait; null where nothing bounds them. */
  maxQueue: number | null;
  /** How many tasks a worker may have at once. */
  tasksPerWorker: number | null;
  /** Workers with a task, and without one. */
  busy: number | null;
  idle: number | null;
  /** Tasks that wait for a worker. */
  queued: number | null;
  /** Whether the pool asks for less work, as Piscina's `needsDrain` does. */
  needsDrain: boolean | null;
  /** Tasks done since the pool was made. */
  completed: number | null;
  /** Between 0 and 1. */
  utilization: number | null;
  runTime: TimeSpread | null;
  waitTime: TimeSpread | null;
  /** The tasks that workers have, as far as the pool itself names them. */
  running: PoolFactsTask[];
  /** Whether the pool was ended: such a one is listed no longer. */
  isDestroyed: boolean;
  /** What this library does not tell, one line each, for a person: `when a task was submitted`. */
  notKnown: string[];
}

export interface TimeSpread {
  p50: number;
  p99: number;
  max: number;
}

export interface PoolFactsTask {
  threadId: number;
  /** The method or function that was asked for; null where the pool keeps no name of it. */
  task: string | null;
  /** Since the worker was given the task; null where the pool keeps no time. */
  runningMs: number | null;
}

/** Facts of a pool of which nothing is known yet: adapters fill in what their library tells. */
export function nothingKnown(): PoolFacts {
  return {
    file: null,
    threadIds: [],
    minThreads: null,
    maxThreads: null,
    idleTimeoutMs: null,
    maxQueue: null,
    tasksPerWorker: null,
    busy: null,
    idle: null,
    queued: null,
    needsDrain: null,
    completed: null,
    utilization: null,
    runTime: null,
    waitTime: null,
    running: [],
    isDestroyed: false,
    notKnown: [],
  };
}
