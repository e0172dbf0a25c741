/**
 * The pending promises that outlived the ring, each behind a weak reference. They come in ascending order of their numbers,
 * so they lie in chunks of parallel arrays that only grow at the end, and are found by binary search: that takes a third
 * of the memory of a map of objects, and listing them makes no object.
 *
 * A promise that settled leaves an empty place. Chunks with many of them are put together with their neighbours, a few at a
 * time, and never moved otherwise: so no pause comes from their number, and memory is bounded by what is pending.
 *
 * An interrupt may read this in the middle of any change: an entry is whole before its chunk's length counts it, and a new
 * chunk is whole before it takes the place of others.
 */
import type { Labels } from './labels.js';

const CHUNK_SIZE = 1024;

/** Neighbours with no more than this many pending promises become one chunk. */
const MERGED_MAX = (CHUNK_SIZE * 3) / 4;

/** Pairs of neighbours looked at whenever a chunk is full: chunks that are put together outpace those that are added. */
const LOOKED_AT_PER_CHUNK = 4;

/** `parent` is the promise this one was derived from by `then` or `await`: 0 for none. */
export interface KeptPromise {
  id: number;
  promise: object;
  parent: number;
  stack: string | null;
  labels: Labels | null;
}

/** Parallel arrays, of which the first `length` entries count; a reference is null where the promise is kept no more. */
class Chunk {
  readonly first: number;
  readonly ids = new Float64Array(CHUNK_SIZE);
  readonly parents = new Float64Array(CHUNK_SIZE);
  readonly references: (WeakRef<object> | null)[] = [];
  stacks: (string | null)[] | null = null;
  labels: (Labels | null)[] | null = null;
  length = 0;
  pending = 0;

  constructor(first: number) {
    this.first = first;
  }

  get last(): number {
    return this.ids[this.length - 1] ?? 0;
  }

  append(
    id: number,
    parent: number,
    reference: WeakRef<object>,
    stack: string | null | undefined,
    labels: Labels | null | undefined,
  ): void {
    const index = this.length;
    this.ids[index] = id;
    this.parents[index] = parent;
    this.references[index] = reference;
    if (stack) (this.stacks ??= [])[index] = stack;
    if (labels) (this.labels ??= [])[index] = labels;
    this.pending++;
    this.length = index + 1;
  }

  appendAll(chunk: Chunk): void {
    for (let index = 0; index < chunk.length; index++) {
      const reference = chunk.references[index] ?? null;
      if (reference === null) continue;
      const id = chunk.ids[index] ?? 0;
      this.append(id, chunk.parents[index] ?? 0, reference, chunk.stacks?.[index], chunk.labels?.[index]);
    }
  }

  /** The index of a promise that is kept; below 0 for none. */
  indexOf(id: number): number {
    const index = firstAfter(this.ids, 0, this.length, id) - 1;
    return index >= 0 && this.ids[index] === id && this.references[index] !== null ? index : -1;
  }

  remove(index: number): void {
    this.references[index] = null;
    if (this.stacks !== null) this.stacks[index] = null;
    if (this.labels !== null) this.labels[index] = null;
    this.pending--;
  }
}

export type KeptChunk = Readonly<Pick<Chunk, 'ids' | 'parents' | 'references' | 'length' | 'last'>>;

export class KeptPromises {
  #chunks: Chunk[] = [];
  /** Where the last search ended: promises of one time settle at one time, and lists are read in order. */
  #recent: Chunk | null = null;
  #looked = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Numbers must ascend; one that does not is kept already, or came too late, and is left out. */
  add({ id, promise, parent, stack, labels }: KeptPromise): void {
    let chunk = this.#chunks[this.#chunks.length - 1];
    if (chunk !== undefined && id <= chunk.last) return;
    const reference = new WeakRef(promise);
    const isNew = chunk === undefined || chunk.length === CHUNK_SIZE;
    if (isNew) this.compact(LOOKED_AT_PER_CHUNK);
    if (chunk === undefined || isNew) chunk = new Chunk(id);
    chunk.append(id, parent, reference, stack, labels);
    if (isNew) this.#chunks.push(chunk);
    this.#size++;
  }

  /** Whether it was kept. */
  delete(id: number): boolean {
    const chunk = this.#chunkOf(id);
    if (chunk === null) return false;
    const index = chunk.indexOf(id);
    if (index < 0) return false;
    chunk.remove(index);
    this.#size--;
    return true;
  }

  has(id: number): boolean {
    const chunk = this.#chunkOf(id);
    return chunk !== null && chunk.indexOf(id) >= 0;
  }

  /** The promise with this number, while it is kept and not collected. */
  find(id: number): object | undefined {
    const chunk = this.#chunkOf(id);
    const index = chunk?.indexOf(id) ?? -1;
    return index < 0 ? undefined : chunk?.references[index]?.deref();
  }

  /** Undefined where it is not kept. */
  parentOf(id: number): number | undefined {
    const chunk = this.#chunkOf(id);
    const index = chunk?.indexOf(id) ?? -1;
    return index < 0 ? undefined : chunk?.parents[index];
  }

  stackOf(id: number): string | null {
    const chunk = this.#chunkOf(id);
    return chunk?.stacks?.[chunk.indexOf(id)] ?? null;
  }

  labelsOf(id: number): Labels | null {
    const chunk = this.#chunkOf(id);
    return chunk?.labels?.[chunk.indexOf(id)] ?? null;
  }

  /** The chunk that goes on after this number: who reads in slices finds the way on, whatever was put together meanwhile. */
  chunkAfter(id: number): KeptChunk | null {
    const chunks = this.#chunks;
    const index = Math.max(0, firstChunkAfter(chunks, id) - 1);
    const chunk = chunks[index];
    if (chunk === undefined || chunk.last > id) return chunk ?? null;
    return chunks[index + 1] ?? null;
  }

  /** Puts neighbours together that are mostly empty: of the next `pairs` pairs, each some microseconds. */
  compact(pairs: number): void {
    for (let pair = 0; pair < pairs && this.#chunks.length > 1; pair++) {
      if (this.#looked >= this.#chunks.length - 1) this.#looked = 0;
      if (!this.#merge(this.#looked)) this.#looked++;
    }
  }

  /** The last chunk is still written to, and merges when another follows. */
  #merge(index: number): boolean {
    const chunks = this.#chunks;
    const [one, other] = [chunks[index], chunks[index + 1]];
    if (one === undefined || other === undefined) return false;
    const isOtherOpen = index + 2 === chunks.length && other.length < CHUNK_SIZE;
    if (one.pending > 0 && (isOtherOpen || one.pending + other.pending > MERGED_MAX)) return false;
    if (one.pending === 0) this.#chunks = chunks.toSpliced(index, 1);
    else {
      const merged = new Chunk(one.first);
      merged.appendAll(one);
      merged.appendAll(other);
      this.#chunks = chunks.toSpliced(index, 2, merged);
    }
    this.#recent = null;
    return true;
  }

  #chunkOf(id: number): Chunk | null {
    const recent = this.#recent;
    if (recent !== null && recent.first <= id && id <= recent.last) return recent;
    const chunks = this.#chunks;
    const found = chunks[firstChunkAfter(chunks, id) - 1];
    if (found === undefined || id > found.last) return null;
    this.#recent = found;
    return found;
  }
}

/** The index of the first number that is greater than `id`, of those from `from` to before `to`, which ascend. */
export function firstAfter(ids: Float64Array, from: number, to: number, id: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstChunkAfter(chunks: readonly Chunk[], id: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.first ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
