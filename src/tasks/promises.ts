/**
 * Every pending promise, for two short calls a promise: the youngest sit in a ring (`promiseRing.ts`); what the ring
 * pushes out unsettled, or what stayed in it for some seconds, becomes a weak reference in a map. So nothing is kept
 * alive for long, what was collected without settling is counted, and memory is bounded by what is pending.
 */
import type { Ages } from './ages.js';
import type { Labels } from './labels.js';
import { createPromiseRing, type PromiseRing } from './promiseRing.js';

/** Heartbeats (of 250 ms) after which a promise is held weakly. */
const BEATS_HELD = 12;

/** More than this many pending promises that outlived the ring are only counted. */
const KEPT_MAX = 500_000;

/** How many weak references a heartbeat looks at, at least: a tenth of a millisecond. */
const SWEPT_PER_BEAT = 500;

class Kept {
  readonly reference: WeakRef<object>;
  readonly parent: number;
  readonly stack: string | null;
  readonly labels: Labels | null;

  constructor(promise: object, parent: number, stack: string | null, labels: Labels | null) {
    this.reference = new WeakRef(promise);
    this.parent = parent;
    this.stack = stack;
    this.labels = labels;
  }
}

/** `parent` is the promise this one was derived from by `then` or `await`: 0 for none. */
export interface PendingPromise {
  id: number;
  parent: number;
}

export class PromiseWatch {
  readonly ring: PromiseRing;
  readonly #old = new Map<number, Kept>();
  readonly #beats: number[] = [];
  #sweeper: Iterator<[number, Kept]> | null = null;
  #promoted = 0;
  #collectedUnsettled = 0;
  #uncounted = 0;
  #stop: (() => void) | null = null;
  readonly #withStacks: boolean;

  constructor(ages: Ages, withStacks: boolean) {
    const listener = {
      onPushedOut: (id: number) => this.#promote(id),
      onSettled: (id: number) => {
        if (this.#old.size > 0) this.#old.delete(id);
      },
    };
    this.#withStacks = withStacks;
    this.ring = createPromiseRing(ages, listener, withStacks);
  }

  get collectedUnsettled(): number {
    return this.#collectedUnsettled;
  }

  /** Pending promises that came after the map was full: they are not listed. */
  get uncounted(): number {
    return this.#uncounted;
  }

  start(): void {
    if (this.#stop !== null) return;
    const { init, settled } = this.ring;
    // `node:v8` takes a millisecond to load: only where promises are watched.
    const { promiseHooks } = process.getBuiltinModule('node:v8');
    const stop: unknown = promiseHooks.createHook({ init, settled } as Parameters<typeof promiseHooks.createHook>[0]);
    this.#stop = stop as () => void;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** To be called every 250 ms. */
  beat(): void {
    this.#beats.push(this.ring.count());
    if (this.#beats.length > BEATS_HELD) this.#promoteUpTo(this.#beats.shift() ?? 0);
    this.#sweep(Math.max(SWEPT_PER_BEAT, this.#old.size >> 5));
  }

  /** Every pending promise, oldest first; null now and then, where a caller that works in slices may pause. */
  *pending(): Generator<PendingPromise | null> {
    let seen = 0;
    let newestKept = 0;
    for (const [id, kept] of this.#old) {
      if (++seen % 256 === 0) yield null;
      newestKept = id;
      // A promise keeps those that were derived from it: asking a weak reference costs ten times as much.
      if (kept.parent > 0 && this.isKnown(kept.parent)) yield { id, parent: kept.parent };
      else if (kept.reference.deref() === undefined) this.#forgetCollected(id, kept);
      else yield { id, parent: kept.parent };
    }
    const last = this.ring.count();
    for (let id = Math.max(newestKept, last - this.ring.size) + 1; id <= last; id++) {
      if (++seen % 256 === 0) yield null;
      if (this.find(id) !== undefined) yield { id, parent: this.#old.get(id)?.parent ?? this.ring.parentOf(id) };
    }
  }

  /** Whether the promise with this number is pending, as far as is known: it may have been collected since. */
  isKnown(id: number): boolean {
    return this.#old.has(id) || this.ring.find(id) !== undefined;
  }

  /** The promise with this number, while it is pending and not collected. */
  find(id: number): object | undefined {
    return this.ring.find(id) ?? this.#old.get(id)?.reference.deref();
  }

  /** The text of its creation stack; null where none was taken. */
  creation(id: number): string | null {
    if (!this.#withStacks) return null;
    return this.ring.stackOf(id) ?? this.#old.get(id)?.stack ?? null;
  }

  /** The labels of the scope it was made in; null where there were none. */
  labels(id: number): Labels | null {
    return this.ring.labelsOf(id) ?? this.#old.get(id)?.labels ?? null;
  }

  /** Some of the youngest pending promises, to see what other hooks put on them. */
  samples(): object[] {
    const found: object[] = [];
    const last = this.ring.count();
    for (let id = last; id > Math.max(0, last - this.ring.size) && found.length < 8; id--) {
      const promise = this.ring.find(id);
      if (promise !== undefined) found.push(promise);
    }
    return found;
  }

  #promoteUpTo(newest: number): void {
    for (let id = Math.max(this.#promoted, this.ring.count() - this.ring.size) + 1; id <= newest; id++) {
      if (this.ring.find(id) !== undefined) this.#promote(id);
    }
    this.#promoted = newest;
  }

  /** The entry is in the map before it leaves the ring: an interrupt in between sees it twice at worst, never not at all. */
  #promote(id: number): void {
    const promise = this.ring.find(id);
    if (promise !== undefined && this.#old.size < KEPT_MAX) {
      const { ring } = this;
      this.#old.set(id, new Kept(promise, ring.parentOf(id), ring.stackOf(id), ring.labelsOf(id)));
    } else if (promise !== undefined) this.#uncounted++;
    this.ring.clear(id);
  }

  /** Looks at the next `steps` weak references and forgets those that were collected. */
  #sweep(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#sweeper ??= this.#old.entries();
      const next = this.#sweeper.next();
      if (next.done === true) {
        this.#sweeper = null;
        return;
      }
      const [id, kept] = next.value;
      if (kept.reference.deref() === undefined) this.#forgetCollected(id, kept);
    }
  }

  /** What `await` itself makes has a parent and goes with the function it belongs to: only the others are counted. */
  #forgetCollected(id: number, kept: Kept): void {
    if (this.#old.delete(id) && kept.parent === 0) this.#collectedUnsettled++;
  }
}
