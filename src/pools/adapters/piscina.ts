/**
 * Piscina (4 and 5) and Tinypool, which began as a copy of it: what the getters of their classes tell. Those of the
 * library's own class are called, never what a subclass made of them; they read the pool's own fields and run no code of
 * the application, except where the application gave the pool a queue of its own, whose size is then not asked for.
 */
import { types } from 'node:util';
import { dataOf, objectOf } from '../../tasks/ownData.js';
import { threadIdOf } from '../../tasks/workerThread.js';
import { nothingKnown, type PoolAdapter, type PoolFacts, type TimeSpread } from './adapter.js';

const PROTOTYPES_MAX = 16;
/** What all of their classes have as getters. */
const GETTERS = ['threads', 'options', 'queueSize', 'completed', 'duration'];
const LIBRARY_QUEUES = new Set(['ArrayTaskQueue', 'FixedQueue', 'FixedTaskQueue']);

export const piscina: PoolAdapter = {
  kind: 'piscina',
  callsPool: true,
  recognises: (pool) => isOfLibrary(pool, 'utilization'),
  read: (pool) => readPool(pool),
};

export const tinypool: PoolAdapter = {
  kind: 'tinypool',
  callsPool: true,
  recognises: (pool) => isOfLibrary(pool, 'cancelPendingTasks'),
  read: (pool) => ({ ...readPool(pool), notKnown: ['how long its tasks ran and waited', 'how much it is used'] }),
};

function isOfLibrary(pool: object, own: string): boolean {
  const library = libraryClassOf(pool);
  if (library === null || !Object.hasOwn(library, own)) return false;
  return GETTERS.every((key) => Object.getOwnPropertyDescriptor(library, key)?.get !== undefined);
}

/** The prototype that extends Node's class directly: the library's own, however many classes extend it in turn. */
function libraryClassOf(pool: object): object | null {
  const base = process.getBuiltinModule('node:events').EventEmitterAsyncResource.prototype;
  let holder: object | null = pool;
  for (let step = 0; step < PROTOTYPES_MAX && holder !== null && !types.isProxy(holder); step++) {
    const above: object | null = objectOf(Object.getPrototypeOf(holder));
    if (above === base) return holder === pool ? null : holder;
    holder = above;
  }
  return null;
}

function readPool(pool: object): PoolFacts {
  const library = libraryClassOf(pool);
  const get = (key: string): unknown =>
    library === null ? undefined : (Object.getOwnPropertyDescriptor(library, key)?.get?.call(pool) as unknown);
  const options = get('options');
  const threadIds = threadIdsOf(get('threads'));
  const minThreads = numberOf(dataOf(options, 'minThreads'));
  const queued = isLibraryQueue(dataOf(options, 'taskQueue')) ? numberOf(get('queueSize')) : null;
  const needsDrain = get('needsDrain') ?? dataOf(pool, 'needsDrain');
  return {
    ...nothingKnown(),
    file: textOf(dataOf(options, 'filename')),
    threadIds,
    minThreads,
    maxThreads: numberOf(dataOf(options, 'maxThreads')),
    idleTimeoutMs: numberOf(dataOf(options, 'idleTimeout')),
    maxQueue: numberOf(dataOf(options, 'maxQueue')),
    tasksPerWorker: numberOf(dataOf(options, 'concurrentTasksPerWorker')),
    idle: numberOf(get('idleThreads')),
    queued,
    needsDrain: typeof needsDrain === 'boolean' ? needsDrain : null,
    completed: numberOf(get('completed')),
    utilization: shareOf(get('utilization')),
    runTime: spreadOf(propertyOf(get('histogram'), 'runTime') ?? get('runTime')),
    waitTime: spreadOf(propertyOf(get('histogram'), 'waitTime') ?? get('waitTime')),
    isDestroyed: threadIds.length === 0 && (minThreads ?? 0) > 0 && queued === 0,
  };
}

/** Piscina lists its workers, Tinypool what it wraps around them. */
function threadIdsOf(threads: unknown): number[] {
  if (!Array.isArray(threads)) return [];
  return threads
    .map((worker) => threadIdOf(worker))
    .filter((threadId) => threadId !== null)
    .sort((one, other) => one - other);
}

/** An application may give its pool a queue of its own, whose `size` is the application's code. */
function isLibraryQueue(queue: unknown): boolean {
  if (typeof queue !== 'object' || queue === null || types.isProxy(queue)) return false;
  const made: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(queue) ?? {}, 'constructor')?.value;
  const name: unknown = typeof made === 'function' ? Object.getOwnPropertyDescriptor(made, 'name')?.value : null;
  return typeof name === 'string' && LIBRARY_QUEUES.has(name);
}

/** A getter of an object that the library made for the call. */
function propertyOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined;
}

/** The summary of a histogram, in ms; null for one that has counted nothing. */
function spreadOf(summary: unknown): TimeSpread | null {
  const [p50, p99, max] = ['p50', 'p99', 'max'].map((key) => numberOf(dataOf(summary, key)));
  if (p50 == null || p99 == null || max == null || max <= 0) return null;
  return { p50, p99, max };
}

function shareOf(value: unknown): number | null {
  const share = numberOf(value);
  return share === null || share < 0 ? null : Math.min(1, share);
}

/** Without a bound (`Infinity`) counts as not given. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
