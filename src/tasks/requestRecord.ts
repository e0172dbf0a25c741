/** One request in flight, with what was noted when it began. */
import type { Labels } from './labels.js';
import { readStack, type HeldStack } from './realm.js';
import { isInFlight, type RequestSource, type StreamHeaders } from './requestFacts.js';

/** What only some requests have. */
export interface RequestDetails {
  labels: Labels | null;
  headers: StreamHeaders | null;
  stack: HeldStack | null;
}

export class RequestRecord {
  readonly id: number;
  readonly source: RequestSource;
  /** The number of the youngest promise when it was made; 0 where promises are not watched. */
  readonly promise: number;
  readonly labels: Labels | null;
  readonly headers: StreamHeaders | null;
  #strong: object | null;
  #weak: WeakRef<object> | null = null;
  #stack: HeldStack | string | null;

  constructor(given: Pick<RequestRecord, 'id' | 'source' | 'promise'>, object: object, details: RequestDetails | null) {
    this.id = given.id;
    this.source = given.source;
    this.promise = given.promise;
    this.labels = details?.labels ?? null;
    this.headers = details?.headers ?? null;
    this.#strong = object;
    this.#stack = details?.stack ?? null;
  }

  deref(): object | undefined {
    return this.#strong ?? this.#weak?.deref();
  }

  /** From now on nothing is kept alive by this record: neither the request nor what its creation stack refers to. */
  weaken(): void {
    if (this.#strong === null) return;
    this.#weak = new WeakRef(this.#strong);
    this.#strong = null;
    this.creation();
  }

  /** The request, or the response that answers it, while it is in flight; null from then on. */
  inFlight(): object | null {
    const object = this.deref();
    if (object === undefined) return null;
    try {
      return isInFlight(this.source, object) ? object : null;
    } catch {
      return null;
    }
  }

  /** The text of its creation stack; null where none was taken. */
  creation(): string | null {
    if (typeof this.#stack === 'object' && this.#stack !== null) this.#stack = readStack(this.#stack);
    return this.#stack;
  }
}
