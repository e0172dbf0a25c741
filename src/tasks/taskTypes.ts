/** What is known of each type of async resource: whether it is watched, and how many creation stacks it may have. */

import { isAsyncResource } from './destroyCalls.js';
import { dataOf } from './ownData.js';

/** Made and gone within a turn of the loop, in masses; `PROMISE` is watched by other means. */
const NEVER_LONG = ['TickObject', 'Immediate', 'Microtask', 'PROMISE'];

/** Made once and there for good: nothing that anybody waits for. */
const NO_TASKS = [
  'DNSCHANNEL',
  'ELDHISTOGRAM',
  'PERFORMANCEOBSERVER',
  'INSPECTORJSBINDING',
  'KEYOBJECTHANDLE',
  'HTTPPARSER',
  'GURU_MEDITATION_SECTION',
];

/**
 * Node's own `AsyncResource`, one for each HTTP request that waits for a free socket: it cannot be asked whether it is
 * done, and hooking `destroy` for it would cost every HTTP client.
 */
const TOO_DEAR = ['QueuedRequest'];

const NOT_WATCHED = new Set([...NEVER_LONG, ...NO_TASKS, ...TOO_DEAR]);

/** Stacks a type may take at once, and how many of them a heartbeat gives back: 16 stacks of 5 us in 250 ms. */
const STACKS_AT_ONCE = 200;
const STACKS_PER_BEAT = 16;

/** Applications can make up any number of type names; from here on they share one entry. */
const TYPES_MAX = 500;

/** Longer names are cut: applications make them up. */
const NAME_MAX = 200;

/** How to tell that a resource is still in use; `embedder`: made with `AsyncResource`; `addon`: by an addon's native code. */
export type ResourceKind = 'native' | 'timer' | 'port' | 'http' | 'embedder' | 'addon';

export class TaskType {
  readonly name: string;
  readonly kind: ResourceKind;
  readonly isWatched: boolean;
  #stacksLeft = STACKS_AT_ONCE;

  constructor(name: string, kind: ResourceKind) {
    this.name = name;
    this.kind = kind;
    this.isWatched = !NOT_WATCHED.has(name);
  }

  /** Whether the next one may have a creation stack: while the budget lasts, or always. */
  takeStack(always: boolean): boolean {
    if (this.#stacksLeft <= 0 && !always) return false;
    this.#stacksLeft--;
    return true;
  }

  /** To be called every 250 ms. */
  refill(): void {
    if (this.#stacksLeft < STACKS_AT_ONCE)
      this.#stacksLeft = Math.min(STACKS_AT_ONCE, this.#stacksLeft + STACKS_PER_BEAT);
  }
}

export class TaskTypes {
  readonly #types = new Map<string, TaskType>();

  get(name: string): TaskType | undefined {
    return this.#types.get(name);
  }

  /** The entry of a type that is seen for the first time, from its first resource. */
  add(name: string, resource: object): TaskType {
    if (this.#types.size >= TYPES_MAX) return this.#entry('(other types)', 'addon');
    return this.#entry(name, kindOf(name, resource));
  }

  /** To be called every 250 ms. */
  beat(): void {
    for (const type of this.#types.values()) type.refill();
  }

  #entry(name: string, kind: ResourceKind): TaskType {
    const shown = name.length > NAME_MAX ? `${name.slice(0, NAME_MAX)}…` : name;
    const found = this.#types.get(name) ?? new TaskType(shown, kind);
    this.#types.set(name, found);
    return found;
  }
}

function kindOf(name: string, resource: object): ResourceKind {
  if (name === 'Timeout' && dataOf(resource, '_destroyed') !== undefined) return 'timer';
  if (name === 'MESSAGEPORT') return 'port';
  if (name === 'HTTPINCOMINGMESSAGE' || name === 'HTTPCLIENTREQUEST') return 'http';
  if (isNative(dataOf(resource, 'getAsyncId')) || isNative(dataOf(dataOf(resource, 'handle'), 'getAsyncId')))
    return 'native';
  return isAsyncResource(resource) ? 'embedder' : 'addon';
}

/** An application may give its own `AsyncResource` methods of these names: only the runtime's own are ever called. */
function isNative(method: unknown): boolean {
  return typeof method === 'function' && Function.prototype.toString.call(method).endsWith('{ [native code] }');
}
