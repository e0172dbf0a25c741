/** Pools of `jest-worker`. It has no public way to ask one anything: what is read is its data, by the names that its releases 27 to 30 share. */
import { dataOf, objectOf } from '../../tasks/ownData.js';
import { threadIdOf } from '../../tasks/workerThread.js';
import { nothingKnown, type PoolAdapter, type PoolFacts } from './adapter.js';
import { countOf, isMethod, sortedIds, textOf } from './poolData.js';

/** Where a request to a worker has the name of its method: `[kind, isProcessed, method, arguments]`. */
const METHOD = 2;
/** A longer queue is a list that goes round in a circle, or one that nobody needs to know to the last. */
const QUEUE_MAX = 1_000_000;
const NOT_KNOWN = ['when a task was submitted, and by whom'];

export const jestWorker: PoolAdapter = { kind: 'jest-worker', callsPool: false, recognises, read };

function recognises(pool: object): boolean {
  const workers = dataOf(dataOf(pool, '_workerPool'), '_workers');
  return Array.isArray(workers) && objectOf(dataOf(pool, '_farm')) !== null && isMethod(pool, 'end');
}

function read(pool: object): PoolFacts {
  const workerPool = dataOf(pool, '_workerPool');
  const workers = (dataOf(workerPool, '_workers') as unknown[]).map(readWorker);
  const present = workers.filter(({ isThread, threadId }) => !isThread || threadId !== null);
  const busy = present.filter(({ isBusy }) => isBusy);
  const queued = queueLength(dataOf(dataOf(pool, '_farm'), '_taskQueue'));
  const size = countOf(dataOf(dataOf(workerPool, '_options'), 'numWorkers'));
  return {
    ...nothingKnown(),
    file: textOf(dataOf(workerPool, '_workerPath')),
    threadIds: sortedIds(present.map(({ threadId }) => threadId)),
    minThreads: size,
    maxThreads: size,
    tasksPerWorker: 1,
    busy: busy.length,
    idle: present.length - busy.length,
    queued,
    running: busy.flatMap(({ threadId, method }) =>
      threadId === null ? [] : [{ threadId, task: method, runningMs: null }],
    ),
    isDestroyed: dataOf(pool, '_ending') === true,
    notKnown: queued === null ? [...NOT_KNOWN, 'how many tasks wait in a queue of the application'] : NOT_KNOWN,
  };
}

interface Worker {
  isThread: boolean;
  threadId: number | null;
  isBusy: boolean;
  method: string | null;
}

/** Without `enableWorkerThreads` its workers are processes, which have no `_worker`. */
function readWorker(worker: unknown): Worker {
  const thread = dataOf(worker, '_worker');
  const request = dataOf(worker, '_request');
  return {
    isThread: objectOf(thread) !== null,
    threadId: threadIdOf(thread),
    isBusy: objectOf(request) !== null,
    method: Array.isArray(request) ? textOf(dataOf(request, METHOD)) : null,
  };
}

/** Of the library's two kinds of queue; null for one that the application brought. */
function queueLength(queue: unknown): number | null {
  const shared = dataOf(queue, '_sharedQueue');
  const ofWorkers = dataOf(queue, '_workerQueues') ?? dataOf(queue, '_queue');
  if (objectOf(shared) === null || !Array.isArray(ofWorkers)) return null;
  return [shared, ...ofWorkers].reduce<number>((sum, part) => sum + partLength(part), 0);
}

/** A heap, or a linked list. */
function partLength(part: unknown): number {
  const heap = dataOf(part, '_heap');
  if (Array.isArray(heap)) return heap.length;
  let length = 0;
  for (let item = dataOf(part, '_head'); objectOf(item) !== null && length < QUEUE_MAX; item = dataOf(item, 'next'))
    length++;
  return length;
}
