/** Pools of `workerpool`. Its `stats()` counts; which workers these are, and what waits, its data tells as well. */
import { dataOf, objectOf } from '../../tasks/ownData.js';
import { threadIdOf } from '../../tasks/workerThread.js';
import { nothingKnown, type PoolAdapter, type PoolFacts } from './adapter.js';
import { countOf, isMethod, sortedIds, textOf } from './poolData.js';

const NOT_KNOWN = ['which method a worker runs', 'when a task was submitted'];

export const workerpool: PoolAdapter = { kind: 'workerpool', callsPool: false, recognises, read };

function recognises(pool: object): boolean {
  return (
    Array.isArray(dataOf(pool, 'workers')) &&
    typeof dataOf(pool, 'workerType') === 'string' &&
    countOf(dataOf(pool, 'maxWorkers')) !== null &&
    ['exec', 'proxy', 'stats', 'terminate'].every((name) => isMethod(pool, name))
  );
}

function read(pool: object): PoolFacts {
  const workers = dataOf(pool, 'workers') as unknown[];
  const threads = workers.map((handler) => ({
    threadId: threadIdOf(dataOf(handler, 'worker')),
    tasks: tasksOf(handler),
  }));
  const busy = threads.filter(({ tasks }) => tasks > 0);
  const queued = queueLength(pool);
  return {
    ...nothingKnown(),
    file: textOf(dataOf(pool, 'script')),
    threadIds: sortedIds(threads.map(({ threadId }) => threadId)),
    minThreads: countOf(dataOf(pool, 'minWorkers')) ?? 0,
    maxThreads: countOf(dataOf(pool, 'maxWorkers')),
    maxQueue: countOf(dataOf(pool, 'maxQueueSize')),
    tasksPerWorker: 1,
    busy: busy.length,
    idle: threads.length - busy.length,
    queued,
    running: busy.flatMap(({ threadId }) => (threadId === null ? [] : [{ threadId, task: null, runningMs: null }])),
    notKnown: queued === null ? [...NOT_KNOWN, 'how many tasks wait in a queue of the application'] : NOT_KNOWN,
  };
}

/** A task that was cancelled occupies its worker until that has cleaned up. */
function tasksOf(handler: unknown): number {
  const tasks = ['processing', 'tracking'].map((name) => Object.keys(objectOf(dataOf(handler, name)) ?? {}).length);
  return tasks.reduce((sum, count) => sum + count, dataOf(handler, 'cleaning') === true ? 1 : 0);
}

/** The library's own queues hold an array; null for one that the application brought. */
function queueLength(pool: object): number | null {
  const tasks = dataOf(dataOf(pool, 'taskQueue'), 'tasks') ?? dataOf(pool, 'tasks');
  return Array.isArray(tasks) ? tasks.length : null;
}
