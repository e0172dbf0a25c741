/**
 * The youngest promises, in a ring that settling clears. These two hooks run for every promise of the thread, so they are
 * closures over plain arrays, without a call that is not inlined and without `try`, which alone costs a sixth: what they
 * do cannot throw, and the paths that are taken seldom guard themselves.
 *
 * The number of a promise sits in a private field put on it from outside (see `returned.ts`). V8 remembers, for each place in
 * the code that asks for the field, what it was found on: the first promise that has none makes that place slow for good, and
 * an await loop takes a sixth longer. So this package's own promises wear one too, which says that they have no number; and
 * there is a second pair of hooks, with a place of its own, for the first second, in which promises settle that are older than
 * the hooks: those of `import`, of which an `--import` is part.
 *
 * An interrupt may fall into any line of the hooks and read the ring there: a slot is believed only when the promise in
 * it carries the slot's number.
 */
import type { Ages } from './ages.js';
import { areLabelsInUse, currentLabels, type Labels } from './labels.js';
import type { OwnWork } from './ownWork.js';
import { holdStack, readStack, type HeldStack } from './realm.js';
import { Returned } from './returned.js';
import { filled } from './slots.js';

const SIZE = 1 << 13;
const MASK = SIZE - 1;
const STACK_LIMIT = 24;

/** What the promises of this package wear, and what is told of promises that wear none. */
const NO_NUMBER = 0;

/** The parent of a promise that was made from one the ring does not know. */
export const UNKNOWN_PARENT = -1;

export type PromiseInit = (promise: object, parent: object | undefined) => void;
export type PromiseSettled = (promise: object) => void;

export interface PromiseHooks {
  readonly init: PromiseInit;
  readonly settled: PromiseSettled;
}

export interface PromiseRing {
  readonly size: number;
  /** Those that have to be in place now. */
  hooks(): PromiseHooks;
  /** From now on `hooks` gives those that are fast where every promise is younger than the hooks. */
  endEarly(): void;
  /** How many promises there were so far: the newest one's number. */
  count(): number;
  /** The promise with this number, while it is in the ring and pending. */
  find(id: number): object | undefined;
  /** The number of the promise this one was derived from by `then` or `await`; 0 for none. */
  parentOf(id: number): number;
  /** The text of its creation stack; null where none was taken. */
  stackOf(id: number): string | null;
  /** The labels of the scope it was made in; null where there were none. */
  labelsOf(id: number): Labels | null;
  /** Lets go of the promise with this number: `onSettled` is told when it settles. */
  clear(id: number): void;
}

export interface RingListener {
  /** A pending promise has to make room. */
  onPushedOut(id: number): void;
  /** A promise settled; its number may have left the ring. */
  onSettled(id: number): void;
}

/**
 * @param own - promises made by it are not watched
 * @param withStacks - take a creation stack for every promise: for `tasks: full` only, it costs much
 */
export function createPromiseRing(ages: Ages, own: OwnWork, listener: RingListener, withStacks: boolean): PromiseRing {
  /** Of this ring alone: a promise that a ring before it numbered is none of its own. */
  class Stamp extends Returned {
    readonly #id: number;

    constructor(promise: object, id: number) {
      super(promise);
      this.#id = id;
    }

    static of(promise: object): number {
      return #id in promise ? promise.#id : NO_NUMBER;
    }

    /** The same in another place. */
    static ofEarly(promise: object): number {
      return #id in promise ? promise.#id : NO_NUMBER;
    }
  }

  const young = filled<object | undefined>(SIZE, undefined);
  const stacks = withStacks ? filled<HeldStack | null>(SIZE, null) : null;
  const ids = new Float64Array(SIZE);
  const parents = new Float64Array(SIZE);
  let labels: (Labels | null)[] | null = null;
  let count = 0;

  const find = (id: number): object | undefined => {
    const slot = id & MASK;
    const promise = ids[slot] === id ? young[slot] : undefined;
    return promise !== undefined && Stamp.of(promise) === id ? promise : undefined;
  };

  const pushOut = (slot: number): void => {
    try {
      listener.onPushedOut(ids[slot] ?? 0);
    } catch {
      // Out of stack or memory: that promise is lost to the report, and the application goes on.
    }
  };

  const settleOld = (id: number): void => {
    try {
      listener.onSettled(id);
    } catch {
      // Out of stack: it counts as pending until it is collected.
    }
  };

  const holdCreation = (slot: number): void => {
    try {
      if (stacks !== null) stacks[slot] = holdStack(hooks.init, STACK_LIMIT);
    } catch {
      // As above: this one has no stack.
    }
  };

  const holdLabels = (slot: number): void => {
    try {
      labels ??= filled<Labels | null>(SIZE, null);
      labels[slot] = currentLabels();
    } catch {
      // As above: this one has no labels.
    }
  };

  const add = (promise: object, parent: number): void => {
    const id = ++count;
    const slot = id & MASK;
    if (id >= ages.markAt) ages.mark(id);
    if (young[slot] !== undefined) pushOut(slot);
    young[slot] = promise;
    ids[slot] = id;
    parents[slot] = parent;
    if (stacks !== null) holdCreation(slot);
    if (areLabelsInUse()) holdLabels(slot);
    // oxlint-disable-next-line no-new -- the constructor's work is what is wanted
    new Stamp(promise, id);
  };

  const leaveOut = (promise: object): void => {
    // oxlint-disable-next-line no-new -- as above
    new Stamp(promise, NO_NUMBER);
  };

  const settle = (id: number): void => {
    if (id === NO_NUMBER) return;
    const slot = id & MASK;
    if (ids[slot] === id) {
      young[slot] = undefined;
      if (stacks !== null) stacks[slot] = null;
    } else settleOld(id);
  };

  const init: PromiseInit = (promise, parent) => {
    if (own.isRunning) leaveOut(promise);
    else add(promise, parent === undefined ? 0 : Stamp.of(parent) || UNKNOWN_PARENT);
  };

  const initEarly: PromiseInit = (promise, parent) => {
    if (own.isRunning) leaveOut(promise);
    else add(promise, parent === undefined ? 0 : Stamp.ofEarly(parent) || UNKNOWN_PARENT);
  };

  let hooks: PromiseHooks = { init: initEarly, settled: (promise) => settle(Stamp.ofEarly(promise)) };

  return {
    size: SIZE,
    hooks: () => hooks,
    endEarly: () => {
      hooks = { init, settled: (promise) => settle(Stamp.of(promise)) };
    },
    find,
    count: () => count,
    parentOf: (id) => parents[id & MASK] ?? 0,
    stackOf: (id) => {
      const held = find(id) === undefined ? null : stacks?.[id & MASK];
      return held ? readStack(held) : null;
    },
    labelsOf: (id) => (labels === null || find(id) === undefined ? null : (labels[id & MASK] ?? null)),
    clear: (id) => {
      const slot = id & MASK;
      young[slot] = undefined;
      ids[slot] = 0;
    },
  };
}
