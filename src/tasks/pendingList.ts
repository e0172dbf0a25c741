/**
 * What is pending at one moment, as parallel arrays: there may be hundreds of thousands of promises, and an object for each
 * would cost more than all questions. A promise is known by its position; parents come before what was derived from them.
 */
import { monotonicMs } from './clock.js';
import { firstAfter, type KeptChunk } from './keptPromises.js';
import { UNKNOWN_PARENT } from './promiseRing.js';
import type { PromiseWatch } from './promises.js';
import type { PausableWork } from './slices.js';

/** In place of a parent's position: derived from none, and derived from one that is pending no more. */
export const ROOT = -1;
export const DERIVED = -2;

/** Promises of the ring looked at between two looks at the clock; of the kept ones it is a chunk. */
const LOOKED_AT = 512;

export class PendingList {
  /** Numbers, ascending. */
  readonly ids: Float64Array;
  /** Positions, or `ROOT`, or `DERIVED`. */
  readonly parents: Int32Array;
  /** How many pending promises were derived from each. */
  readonly waiters: Uint32Array;
  /** The number of the first of them; 0 for none. */
  readonly derived: Float64Array;
  length = 0;
  unlooked = 0;

  constructor(most: number) {
    this.ids = new Float64Array(most);
    this.parents = new Int32Array(most);
    this.waiters = new Uint32Array(most);
    this.derived = new Float64Array(most);
  }

  add(id: number, parent: number): void {
    const position = this.length;
    if (position === this.ids.length) return;
    this.ids[position] = id;
    this.parents[position] = parent;
    if (parent >= 0) this.#derive(parent, id);
    this.length++;
  }

  /** One of which nobody knows whether it was collected. */
  addUnlooked(id: number, parent: number): void {
    this.add(id, parent);
    this.unlooked++;
  }

  /** The number of its parent: 0 for none, below that for one that is pending no more. */
  describe(position: number): { id: number; parent: number; waiters: number; derived: number } {
    const parent = this.parents[position] ?? ROOT;
    return {
      id: this.ids[position] ?? 0,
      parent: parent === ROOT ? 0 : (this.ids[parent] ?? UNKNOWN_PARENT),
      waiters: this.waiters[position] ?? 0,
      derived: this.derived[position] ?? 0,
    };
  }

  #derive(parent: number, id: number): void {
    this.waiters[parent] = (this.waiters[parent] ?? 0) + 1;
    if (this.derived[parent] === 0) this.derived[parent] = id;
  }

  /** What stands for a parent with this number in `parents`. Parents are near: so the search goes back from the end. */
  positionOf(parent: number): number {
    if (parent <= 0) return parent === 0 ? ROOT : DERIVED;
    let back = 1;
    while (back < this.length && (this.ids[this.length - back] ?? 0) > parent) back *= 2;
    const from = Math.max(0, this.length - back);
    const position = firstAfter(this.ids, from, this.length, parent) - 1;
    return position >= 0 && this.ids[position] === parent ? position : DERIVED;
  }
}

/**
 * Every promise that was made before this and is still pending when its turn comes, oldest first.
 * @param lookMs - how long to look for those that were collected: later ones count as pending, and are counted in `unlooked`
 */
export function* listPending(watch: PromiseWatch, lookMs: number): PausableWork<PendingList> {
  const started = monotonicMs();
  const newest = watch.ring.count();
  const list = new PendingList(watch.pendingMax);
  let seen = 0;
  for (let chunk = watch.keptAfter(seen); chunk !== null && seen < newest; chunk = watch.keptAfter(seen)) {
    listChunk(chunk, seen, newest, list, monotonicMs() - started < lookMs ? watch : null);
    seen = chunk.last;
    yield;
  }
  for (let id = Math.max(seen, newest - watch.ring.size) + 1; id <= newest; id++) {
    if (watch.find(id) !== undefined) list.add(id, list.positionOf(watch.parentOf(id)));
    if (id % LOOKED_AT === 0) yield;
  }
  return list;
}

/** @param watch - hears of those that were collected; null where nobody looks for them */
function listChunk(
  chunk: KeptChunk,
  seen: number,
  newest: number,
  list: PendingList,
  watch: PromiseWatch | null,
): void {
  const { ids, parents, references, length } = chunk;
  for (let index = firstAfter(ids, 0, length, seen); index < length; index++) {
    const id = ids[index] ?? 0;
    if (id > newest) return;
    const reference = references[index] ?? null;
    if (reference === null) continue;
    const parent = list.positionOf(parents[index] ?? 0);
    // A promise keeps those that were derived from it: asking a weak reference costs ten times as much.
    if (parent >= 0) list.add(id, parent);
    else if (watch === null) list.addUnlooked(id, parent);
    else if (reference.deref() !== undefined) list.add(id, parent);
    else watch.forgetCollected(id);
  }
}
