/**
 * Every pending promise, for two short calls a promise: the youngest sit in a ring (`promiseRing.ts`); what the ring
 * pushes out unsettled, or what stayed in it for some seconds, is held weakly from then on (`keptPromises.ts`). So nothing is kept
 * alive for long, what was collected without settling is counted, and memory is bounded by what is pending.
 */
import type { Ages } from './ages.js';
import { firstAfter, KeptPromises, type KeptChunk } from './keptPromises.js';
import { areLabelsInUse, type Labels } from './labels.js';
import type { OwnWork } from './ownWork.js';
import { createPromiseRing, type PromiseRing } from './promiseRing.js';

/** Heartbeats (of 250 ms) after which promises that are older than the hooks have settled, but for those that wait for long. */
const EARLY_BEATS = 4;

/** Heartbeats after which a promise is held weakly. */
const BEATS_HELD = 12;

/** More than this many pending promises that outlived the ring are only counted: they take 80 MB. */
const KEPT_MAX = 800_000;

/** How many weak references a heartbeat looks at, at least: a tenth of a millisecond. */
const SWEPT_PER_BEAT = 500;

/** Pairs of chunks that a heartbeat may put together, each some microseconds. */
const COMPACTED_PER_BEAT = 16;

/** A heartbeat looks for so many promises that are pending, among so many of the youngest. */
const SAMPLES = 8;
const SAMPLED_AMONG = 512;

export class PromiseWatch {
  readonly ring: PromiseRing;
  /** What it makes is not watched. */
  readonly own: OwnWork;
  readonly #kept = new KeptPromises();
  readonly #beats: number[] = [];
  #sweptTo = 0;
  #promoted = 0;
  #collectedUnsettled = 0;
  #uncounted = 0;
  #stop: (() => void) | null = null;
  readonly #withStacks: boolean;

  constructor(ages: Ages, own: OwnWork, withStacks: boolean) {
    const listener = {
      onPushedOut: (id: number) => this.#promote(id),
      onSettled: (id: number) => {
        if (this.#kept.size > 0) this.#kept.delete(id);
      },
    };
    this.own = own;
    this.#withStacks = withStacks;
    this.ring = createPromiseRing(ages, own, listener, withStacks);
  }

  get collectedUnsettled(): number {
    return this.#collectedUnsettled;
  }

  /** Pending promises that came when too many were kept: they are not listed. */
  get uncounted(): number {
    return this.#uncounted;
  }

  start(): void {
    if (this.#stop !== null) return;
    const { init, settled } = this.ring.hooks();
    // `node:v8` takes a millisecond to load: only where promises are watched.
    const { promiseHooks } = process.getBuiltinModule('node:v8');
    const stop: unknown = promiseHooks.createHook({ init, settled } as Parameters<typeof promiseHooks.createHook>[0]);
    this.#stop = stop as () => void;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  /** To be called every 250 ms, from a timer, before the hooks without promises are looked at. */
  beat(): void {
    this.#beats.push(this.ring.count());
    if (this.#beats.length === EARLY_BEATS) this.#endEarly();
    if (this.#beats.length > BEATS_HELD) this.#promoteUpTo(this.#beats.shift() ?? 0);
    this.#sweep(Math.max(SWEPT_PER_BEAT, this.#kept.size >> 5));
    this.#kept.compact(COMPACTED_PER_BEAT);
  }

  /** How many pending promises there are at most: those that were collected count until that is noticed. */
  get pendingMax(): number {
    return this.#kept.size + this.ring.size;
  }

  /** Those that outlived the ring, in ascending order of their numbers, from the chunk on that follows this number. */
  keptAfter(id: number): KeptChunk | null {
    return this.#kept.chunkAfter(id);
  }

  /** Whether the promise with this number is pending, as far as is known: it may have been collected since. */
  isKnown(id: number): boolean {
    return this.#kept.has(id) || this.ring.find(id) !== undefined;
  }

  /** The promise with this number, while it is pending and not collected. */
  find(id: number): object | undefined {
    return this.ring.find(id) ?? this.#kept.find(id);
  }

  /** The number of the promise this one was derived from; 0 for none. */
  parentOf(id: number): number {
    return this.#kept.parentOf(id) ?? this.ring.parentOf(id);
  }

  /** The text of its creation stack; null where none was taken. */
  creation(id: number): string | null {
    if (!this.#withStacks) return null;
    return this.ring.stackOf(id) ?? this.#kept.stackOf(id);
  }

  /** The labels of the scope it was made in; null where there were none. */
  labels(id: number): Labels | null {
    return areLabelsInUse() ? (this.ring.labelsOf(id) ?? this.#kept.labelsOf(id)) : null;
  }

  /** What `await` itself makes has a parent and goes with the function it belongs to: only the others are counted. */
  forgetCollected(id: number): void {
    const isRoot = this.#kept.parentOf(id) === 0;
    if (this.#kept.delete(id) && isRoot) this.#collectedUnsettled++;
  }

  /** Some of the youngest pending promises, to see what other hooks put on them. */
  samples(): object[] {
    const found: object[] = [];
    const last = this.ring.count();
    for (let id = last; id > Math.max(0, last - SAMPLED_AMONG) && found.length < SAMPLES; id--) {
      const promise = this.ring.find(id);
      if (promise !== undefined) found.push(promise);
    }
    return found;
  }

  #endEarly(): void {
    this.ring.endEarly();
    if (this.#stop === null) return;
    this.stop();
    this.start();
  }

  #promoteUpTo(newest: number): void {
    for (let id = Math.max(this.#promoted, this.ring.count() - this.ring.size) + 1; id <= newest; id++) {
      if (this.ring.find(id) !== undefined) this.#promote(id);
    }
    this.#promoted = newest;
  }

  /**
   * Numbers come in ascending order: the ring pushes out its oldest, and a heartbeat takes all up to a number, of which the
   * ring then has none left. The entry is kept before it leaves the ring: an interrupt in between sees it twice at worst,
   * never not at all.
   */
  #promote(id: number): void {
    const promise = this.ring.find(id);
    if (promise !== undefined && this.#kept.size < KEPT_MAX) {
      const { ring } = this;
      const [parent, stack, labels] = [ring.parentOf(id), ring.stackOf(id), ring.labelsOf(id)];
      this.#kept.add({ id, promise, parent, stack, labels });
    } else if (promise !== undefined) this.#uncounted++;
    this.ring.clear(id);
  }

  /** Looks at the next `steps` weak references and forgets those that were collected. */
  #sweep(steps: number): void {
    for (let looked = 0; looked < steps;) {
      const chunk = this.#kept.chunkAfter(this.#sweptTo);
      if (chunk === null) {
        this.#sweptTo = 0;
        return;
      }
      const { ids, references, length } = chunk;
      for (let index = firstAfter(ids, 0, length, this.#sweptTo); index < length && looked < steps; index++, looked++) {
        const id = ids[index] ?? 0;
        const reference = references[index] ?? null;
        if (reference !== null && reference.deref() === undefined) this.forgetCollected(id);
        this.#sweptTo = id;
      }
    }
  }
}
