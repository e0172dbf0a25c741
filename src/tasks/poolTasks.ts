/**
 * What worker pools say of themselves without a line of code: `Piscina.Task` and `Tinypool.Task` are async resources that
 * carry the task's file, name, times and worker, and the pool itself is one too, which all its tasks were triggered by. They
 * are the application's objects, so nothing in them is trusted.
 */
import type { RawFrame, RawPool, RawPoolTask } from '../protocol.js';
import { nodePerformance } from './clock.js';
import { decodeForeignFrames } from './frameText.js';
import type { HandleRecord } from './handleRecord.js';
import { dataOf, nodeValueOf } from './ownData.js';
import { previewOf } from './payload.js';
import { poolObjectOf } from './poolObjects.js';
import { isOwnFile } from './realm.js';
import { threadIdOf } from './workerThread.js';

const TASKS = new Map([
  ['Piscina.Task', 'piscina'],
  ['Tinypool.Task', 'tinypool'],
]);

const TEXT_MAX = 1000;
/** Running tasks of a pool that are told one by one: as many workers as a report is made for, and then some. */
const RUNNING_MAX = 512;
const PLACES_MAX = 3;

/** A task that waits for a worker, as far as it has to be known before anybody asks. */
interface QueuedTask {
  /** On the clock of `performance.now`. */
  created: number;
  record: HandleRecord;
}

/** One pool of this thread. */
export interface FoundPool {
  kind: string;
  poolId: number;
  /** The pool's object, where it is certain that the library made it; its class' own getters may then be called anywhere. */
  object: object | null;
  running: RawPoolTask[];
  runningElided: number;
  /** Oldest first. */
  queued: QueuedTask[];
  /** When the youngest of the running tasks was submitted, on the clock of `performance.now`; a queue's tasks are younger. */
  newestStarted: number;
}

/** Turns what was found into what is told: with what pool objects say, where there are such. */
export type DescribePools = (
  found: readonly FoundPool[],
  lane: 'port' | 'inspector',
  payloadBytes: number,
) => RawPool[];

/** The pools of one thread, put together from the records of its async resources. */
export class PoolTasks {
  readonly #payloadBytes: number;
  readonly #pools = new Map<number, FoundPool>();

  constructor(payloadBytes: number) {
    this.#payloadBytes = payloadBytes;
  }

  /** Takes notice of a pool or of a pool's task; of anything else it takes none. Never throws. */
  add(record: HandleRecord): void {
    const kind = TASKS.get(record.type.name);
    if (kind !== undefined) this.#addTask(kind, record);
    else if (record.type.name === 'Piscina' || record.type.name === 'Tinypool') this.#addPool(record);
  }

  found(): FoundPool[] {
    return [...this.#pools.values()];
  }

  #addPool(record: HandleRecord): void {
    const object = poolObjectOf(record);
    if (object !== null) this.#pool(record.type.name.toLowerCase(), record.asyncId).object = object;
  }

  #addTask(kind: string, record: HandleRecord): void {
    const task = record.resource;
    if (task === undefined) return;
    const pool = this.#pool(kind, record.triggerId);
    const started = numberOf(dataOf(task, 'started')) ?? 0;
    const created = numberOf(dataOf(task, 'created')) ?? nodePerformance().now();
    if (started <= 0) {
      if (!isAborted(task)) pool.queued.push({ created, record });
      return;
    }
    pool.newestStarted = Math.max(pool.newestStarted, created);
    if (pool.running.length >= RUNNING_MAX) pool.runningElided++;
    else pool.running.push(this.#running(record, task, created, started));
  }

  #running(record: HandleRecord, task: object, created: number, started: number): RawPoolTask {
    return {
      ...taskOf(record, task, this.#payloadBytes),
      threadId: threadIdOf(dataOf(dataOf(task, 'workerInfo'), 'worker')),
      queuedMs: Math.max(0, started - created),
      runningMs: Math.max(0, nodePerformance().now() - started),
    };
  }

  #pool(kind: string, poolId: number): FoundPool {
    const known = this.#pools.get(poolId);
    if (known !== undefined) return known;
    const pool: FoundPool = {
      kind,
      poolId,
      object: null,
      running: [],
      runningElided: 0,
      queued: [],
      newestStarted: 0,
    };
    this.#pools.set(poolId, pool);
    return pool;
  }
}

/**
 * What is told of a pool's tasks.
 * @param most - how many can be in its queue, as the pool itself tells; null when it does not. A task that the pool turned
 * away, or took out of its queue again, is known until it is collected.
 */
export function describeTasks(
  pool: FoundPool,
  most: number | null,
  payloadBytes: number,
): Pick<RawPool, 'running' | 'runningElided' | 'queued' | 'oldestQueued' | 'queuedAt'> {
  const queued = inQueue(pool, most);
  const [oldest] = queued;
  return {
    running: pool.running,
    runningElided: pool.runningElided,
    queued: queued.length,
    oldestQueued: oldest === undefined ? null : describeQueued(oldest, payloadBytes),
    queuedAt: placesOf(queued),
  };
}

/** A queue is first in, first out: what is older than a task that has started already waits no longer. */
function inQueue({ queued, newestStarted }: FoundPool, most: number | null): QueuedTask[] {
  if (most === null || queued.length <= most) return queued;
  const younger = queued.findIndex(({ created }) => created > newestStarted);
  const passed = Math.min(queued.length - most, younger < 0 ? queued.length : younger);
  return queued.slice(passed, passed + most);
}

function describeQueued({ record, created }: QueuedTask, payloadBytes: number): RawPoolTask {
  return {
    ...taskOf(record, record.resource, payloadBytes),
    threadId: null,
    queuedMs: Math.max(0, nodePerformance().now() - created),
    runningMs: null,
  };
}

function taskOf(
  record: HandleRecord,
  task: object | undefined,
  payloadBytes: number,
): Pick<RawPoolTask, 'file' | 'name' | 'submittedAt' | 'labels' | 'payload'> {
  const given = payloadBytes > 0 ? dataOf(task, 'task') : null;
  return {
    file: textOf(dataOf(task, 'filename')),
    name: textOf(dataOf(task, 'name')),
    submittedAt: framesOf(record),
    labels: { ...record.labels },
    payload: given === null || given === undefined ? null : previewOf(given, payloadBytes),
  };
}

function placesOf(queued: readonly QueuedTask[]): RawPool['queuedAt'] {
  const places = new Map<string, { count: number; record: HandleRecord }>();
  for (const { record } of queued) {
    const creation = record.creation();
    if (creation === null || creation === '') continue;
    const place = places.get(creation);
    if (place === undefined) places.set(creation, { count: 1, record });
    else place.count++;
  }
  const mostFirst = [...places.values()].sort((one, other) => other.count - one.count);
  return mostFirst.slice(0, PLACES_MAX).map(({ count, record }) => ({ count, stack: framesOf(record) }));
}

function framesOf(record: HandleRecord): RawFrame[] {
  return decodeForeignFrames(record.creation() ?? '', isOwnFile);
}

/** Aborted while it was queued: such a task is never destroyed, only collected. */
function isAborted(task: object): boolean {
  const signal = dataOf(task, 'abortSignal');
  if (typeof signal !== 'object' || signal === null) return false;
  try {
    return dataOf(task, 'aborted') === true || nodeValueOf(signal, 'aborted', AbortSignal) === true;
  } catch {
    return false;
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : null;
}
