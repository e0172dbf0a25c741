/**
 * The pools that an application has introduced by `instrument`, one list a thread. A pool is held weakly, and read when a
 * report is taken.
 */
import { GuruError, messageOf, OptionError } from '../errors.js';
import { monotonicMs } from '../tasks/clock.js';
import type { PoolAdapter, PoolFacts } from './adapters/adapter.js';
import { ADAPTERS } from './adapters/all.js';

/** What `instrument` may be told of a pool. */
export interface InstrumentOptions {
  /** What the pool and its threads are called in a report. Default: the base name of the file its workers run. */
  name?: string;
}

const NAME_MAX = 100;
/** More pools than any application has: a bound against one that introduces its pools in a loop. */
const POOLS_MAX = 1000;

/** What was read of a pool, when, and why not now; all null where nothing ever was. */
export interface ReadFacts {
  facts: PoolFacts | null;
  factsAgoMs: number | null;
  notRead: string | null;
}

const BETWEEN_TURNS = 'it is read between turns of its loop only, which does not turn';

/** One introduced pool. */
export class InstrumentedPool {
  readonly adapter: PoolAdapter;
  readonly name: string | null;
  readonly #pool: WeakRef<object>;
  #last: { facts: PoolFacts; at: number } | null = null;

  constructor(pool: object, adapter: PoolAdapter, name: string | null) {
    this.adapter = adapter;
    this.name = name;
    this.#pool = new WeakRef(pool);
  }

  get pool(): object | undefined {
    return this.#pool.deref();
  }

  /** Never throws. @param mayCall - whether code of the pool may run here and now */
  read(mayCall: boolean): ReadFacts {
    const { pool } = this;
    if (pool === undefined) return this.#asLastRead('it is gone');
    if (this.adapter.callsPool && !mayCall) return this.#asLastRead(BETWEEN_TURNS);
    try {
      const facts = this.adapter.read(pool);
      this.#last = { facts, at: monotonicMs() };
      return { facts, factsAgoMs: 0, notRead: null };
    } catch (error) {
      return this.#asLastRead(`it could not be read: ${messageOf(error).slice(0, 200)}`);
    }
  }

  #asLastRead(notRead: string): ReadFacts {
    if (this.#last === null) return { facts: null, factsAgoMs: null, notRead };
    return { facts: this.#last.facts, factsAgoMs: Math.max(0, monotonicMs() - this.#last.at), notRead };
  }
}

/** The introduced pools of one thread. */
export class InstrumentedPools {
  readonly #pools = new Map<WeakKey, InstrumentedPool>();
  readonly #known = new WeakMap<object, object>();

  /** Those that still exist, in the order of their introduction. */
  list(): InstrumentedPool[] {
    for (const [key, { pool }] of this.#pools) if (pool === undefined) this.#pools.delete(key);
    return [...this.#pools.values()];
  }

  /** Takes a pool that `checkPool` has recognised; one that was introduced before gets the new name. */
  add(pool: object, { adapter, name }: CheckedPool): void {
    const key = this.#known.get(pool) ?? {};
    this.#known.set(pool, key);
    const introduced = new InstrumentedPool(pool, adapter, name);
    introduced.read(true);
    this.#pools.set(key, introduced);
    if (this.#pools.size > POOLS_MAX) this.#forgetOne();
  }

  #forgetOne(): void {
    const [oldest] = this.list().length > POOLS_MAX ? this.#pools.keys() : [];
    if (oldest !== undefined) this.#pools.delete(oldest);
  }
}

export interface CheckedPool {
  adapter: PoolAdapter;
  name: string | null;
}

/**
 * The adapter for this pool, and its name.
 * @throws {GuruError} `GMR_POOL` for what is no pool of a known library; `GMR_OPTION` for options that are none.
 */
export function checkPool(pool: unknown, options: InstrumentOptions): CheckedPool {
  if (typeof options !== 'object' || options === null)
    throw new OptionError('instrument', 'an object of options', options);
  const { name } = options;
  if (name !== undefined && (typeof name !== 'string' || name.trim() === ''))
    throw new OptionError('instrument: name', 'a non-empty string', name);
  const adapter = typeof pool === 'object' && pool !== null ? ADAPTERS.find((one) => one.recognises(pool)) : undefined;
  if (adapter === undefined)
    throw new GuruError('GMR_POOL', `instrument: expected a pool of ${kinds()}, got ${shown(pool)}`);
  return { adapter, name: name?.trim().slice(0, NAME_MAX) ?? null };
}

function kinds(): string {
  const names = [...new Set(ADAPTERS.map(({ kind }) => kind))];
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** What came, without asking it anything. */
function shown(pool: unknown): string {
  if (pool === null || pool === undefined) return String(pool);
  if (typeof pool === 'function') return 'a function (a pool is what `new` of its class makes)';
  if (typeof pool !== 'object') return `a ${typeof pool}`;
  return Array.isArray(pool) ? 'an array' : 'another object';
}
