/** One watched resource: what is kept of it, and how to tell from outside that it is still in use. */
import type { Labels } from './labels.js';
import { dataOf } from './ownData.js';
import { readStack, type HeldStack } from './realm.js';
import type { TaskType } from './taskTypes.js';

export class HandleRecord {
  /** How many were watched before it, and itself: where it sits in the ring. */
  readonly number: number;
  readonly asyncId: number;
  readonly triggerId: number;
  readonly type: TaskType;
  readonly labels: Labels | null;
  isDestroyed = false;
  #strong: object | null;
  #weak: WeakRef<object> | null = null;
  #stack: HeldStack | string | null;

  constructor(
    given: Pick<HandleRecord, 'number' | 'asyncId' | 'triggerId' | 'type' | 'labels'>,
    resource: object,
    stack: HeldStack | null,
  ) {
    this.number = given.number;
    this.asyncId = given.asyncId;
    this.triggerId = given.triggerId;
    this.type = given.type;
    this.labels = given.labels;
    this.#strong = resource;
    this.#stack = stack;
  }

  /** A look through a weak reference, which costs some 300 ns: not to be asked for in vain. */
  get resource(): object | undefined {
    return this.#strong ?? this.#weak?.deref();
  }

  /** From now on nothing is kept alive by this record: neither the resource nor what its creation stack refers to. */
  weaken(): void {
    if (this.#strong === null) return;
    this.#weak = new WeakRef(this.#strong);
    this.#strong = null;
    if (typeof this.#stack === 'object' && this.#stack !== null) this.#stack = readStack(this.#stack);
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#strong = null;
    this.#weak = null;
    this.#stack = null;
  }

  /** The text of the creation stack; null where none was taken. */
  creation(): string | null {
    if (typeof this.#stack === 'object' && this.#stack !== null) this.#stack = readStack(this.#stack);
    return this.#stack;
  }

  /** Whether it can be forgotten for good: a port that is not ref'd may be ref'd again. */
  isGone(): boolean {
    return this.type.kind === 'port' ? this.resource === undefined : !this.isInUse();
  }

  /**
   * Whether it is a timer that says so by a plain property, or a native resource without its native half: asked in the hook,
   * where nothing is interrupted, and 50 times cheaper than the property's descriptor, by which all else here is read.
   */
  hasClearlyEnded(): boolean {
    if (this.#strong === null) return false;
    if (this.type.kind === 'native') return nativeId(this.#strong) !== this.asyncId;
    if (this.type.kind !== 'timer') return false;
    const { _destroyed: isDestroyed } = this.#strong as { _destroyed?: unknown };
    return isDestroyed === true;
  }

  isInUse(): boolean {
    if (this.isDestroyed) return false;
    const resource = this.resource;
    if (resource === undefined) return false;
    try {
      return inUse(resource, this.type, this.asyncId);
    } catch {
      return true;
    }
  }
}

/** Whether it is a timer whose callback runs right now: Node takes it out of its list for as long. */
export function isRunning(record: HandleRecord): boolean {
  return record.type.kind === 'timer' && dataOf(record.resource, '_idleNext') === null;
}

/**
 * Native resources lose their native half when they are done, and get a new id when they are used again:
 * `getAsyncId` then answers -1 or another number; a port, which has none, counts while it is ref'd. Timers say it themselves, and wear their id as a symbol. An HTTP
 * message is in use while a parser works for it. All others are in use until they are destroyed or collected.
 */
function inUse(resource: object, type: TaskType, asyncId: number): boolean {
  if (type.kind === 'native') return nativeId(resource) === asyncId;
  if (type.kind === 'timer') return dataOf(resource, '_destroyed') !== true && timerId(resource) === asyncId;
  if (type.kind === 'port') return (resource as { hasRef(): unknown }).hasRef() === true;
  if (type.kind === 'http') {
    const parser = dataOf(dataOf(resource, 'socket') ?? dataOf(resource, 'req'), 'parser');
    return typeof parser === 'object' && parser !== null && nativeId(parser) === asyncId;
  }
  return true;
}

/** A socket that an HTTP agent uses again is known by an object that refers to the native one. */
function nativeId(resource: object): number {
  const { getAsyncId, handle } = resource as { getAsyncId?: () => number; handle?: { getAsyncId?: () => number } };
  if (typeof getAsyncId === 'function') return getAsyncId.call(resource);
  return typeof handle?.getAsyncId === 'function' ? handle.getAsyncId() : -1;
}

let timerIdSymbol: symbol | undefined;

function timerId(timer: object): number {
  timerIdSymbol ??= Object.getOwnPropertySymbols(timer).find(
    (key) => key.description === 'asyncId' || key.description === 'async_id_symbol',
  );
  const id = timerIdSymbol === undefined ? undefined : (timer as Record<symbol, unknown>)[timerIdSymbol];
  return typeof id === 'number' ? id : -1;
}
