/** The pools of one thread: what their tasks tell and what their objects tell, put together. Runs in that thread. */
import type { RawPool, RawPoolTask } from '../protocol.js';
import { describeTasks, type FoundPool } from '../tasks/poolTasks.js';
import type { PoolFacts } from './adapters/adapter.js';
import { ADAPTERS } from './adapters/all.js';
import { InstrumentedPool, type InstrumentedPools, type ReadFacts } from './instrument.js';

/** What a task is called of which the pool's object keeps no name. */
const UNNAMED = 'a task';

const NOTHING: ReadFacts = { facts: null, factsAgoMs: null, notRead: null };

/** Every pool that has a worker, a task, or a name that was given to it, in the order in which they were made. Never throws. */
export function describePools(
  instrumented: InstrumentedPools,
  found: readonly FoundPool[],
  lane: 'port' | 'inspector',
  payloadBytes: number,
): RawPool[] {
  const introduced = instrumented.list();
  const left = new Set(introduced);
  const byTasks = found.map((pool) => {
    const own = introduced.find((one) => isSame(one, pool)) ?? null;
    if (own !== null) left.delete(own);
    return fromTasks(pool, own, lane, payloadBytes);
  });
  const byObject = [...left].map((one) => fromObject(one, lane));
  const pools = [...byTasks, ...byObject].filter(isAlive);
  return pools.sort((one, other) => (one.poolId ?? Infinity) - (other.poolId ?? Infinity) || 0);
}

function isSame(introduced: InstrumentedPool, found: FoundPool): boolean {
  const { pool } = introduced;
  if (pool === undefined) return false;
  return found.object === pool || asyncIdOf(pool) === found.poolId;
}

/** As Node's own getter has it. */
function asyncIdOf(pool: object): number | null {
  try {
    const { EventEmitterAsyncResource } = process.getBuiltinModule('node:events');
    const id: unknown = Object.getOwnPropertyDescriptor(EventEmitterAsyncResource.prototype, 'asyncId')?.get?.call(
      pool,
    );
    return typeof id === 'number' ? id : null;
  } catch {
    return null;
  }
}

function fromTasks(
  pool: FoundPool,
  introduced: InstrumentedPool | null,
  lane: 'port' | 'inspector',
  payloadBytes: number,
): RawPool {
  const read = readFound(pool, introduced, lane);
  return {
    kind: pool.kind,
    poolId: pool.poolId,
    name: introduced?.name ?? null,
    isTracked: true,
    ...describeTasks(pool, read.factsAgoMs === 0 ? mostQueued(read.facts, pool) : null, payloadBytes),
    ...read,
  };
}

/**
 * Of a pool that certainly is the library's, its class' getters may be called in an interrupt too: they run no code of
 * the application. Of one that only the application calls a pool, they are called between turns of the loop.
 */
function readFound(found: FoundPool, introduced: InstrumentedPool | null, lane: 'port' | 'inspector'): ReadFacts {
  const { object } = found;
  if (introduced !== null) return introduced.read(lane === 'port' || object !== null);
  const adapter = ADAPTERS.find(({ kind }) => kind === found.kind);
  if (object === null || adapter?.recognises(object) !== true) return NOTHING;
  return new InstrumentedPool(object, adapter, null).read(true);
}

/**
 * How many tasks can wait at most. What the pool calls its queue leaves out the tasks that workers will take which are
 * still starting: those that neither run one nor are idle.
 */
function mostQueued(facts: PoolFacts | null, pool: FoundPool): number | null {
  if (facts === null || facts.queued === null) return null;
  const busy = new Set(pool.running.map(({ threadId }) => threadId)).size;
  const starting = Math.max(0, facts.threadIds.length - busy - (facts.idle ?? 0));
  return facts.queued + starting * (facts.tasksPerWorker ?? 1);
}

function fromObject(introduced: InstrumentedPool, lane: 'port' | 'inspector'): RawPool {
  const read = introduced.read(lane === 'port');
  return {
    kind: introduced.adapter.kind,
    poolId: introduced.pool === undefined ? null : asyncIdOf(introduced.pool),
    name: introduced.name,
    isTracked: false,
    running: (read.facts?.running ?? []).map(taskOf),
    runningElided: 0,
    queued: read.facts?.queued ?? 0,
    oldestQueued: null,
    queuedAt: [],
    ...read,
  };
}

function taskOf(task: PoolFacts['running'][number]): RawPoolTask {
  return {
    file: null,
    name: task.task ?? UNNAMED,
    threadId: task.threadId,
    queuedMs: null,
    runningMs: task.runningMs,
    submittedAt: [],
    labels: {},
    payload: null,
  };
}

/** A pool that was ended may be known until it is collected. */
function isAlive({ running, queued, facts, name }: RawPool): boolean {
  if (running.length > 0 || queued > 0) return true;
  if (facts === null || facts.isDestroyed) return false;
  return facts.threadIds.length > 0 || name !== null;
}
