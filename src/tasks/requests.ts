/**
 * HTTP requests in flight, in and out, by Node's diagnostics channels. Only their beginning is heard: whether one has
 * ended is told from the request itself when a report or a heartbeat asks, so an end that no channel tells (aborted,
 * socket gone, collected) is none that is missed, and none costs a call.
 *
 * The youngest sit in a ring of plain arrays, with nothing made for any of them. What it holds outlives the young generation
 * with all that hangs on it, and that costs a server more than all the rest: so the ring is small, what has ended is let go
 * soon, and the next heartbeat empties it. What is in flight when it has to leave gets a record in a map, which holds it weakly.
 */
import { channel } from 'node:diagnostics_channel';
import { Ages } from './ages.js';
import { currentLabels } from './labels.js';
import { holdStack, type HeldStack } from './realm.js';
import type { RequestSource, StreamHeaders } from './requestFacts.js';
import { RequestRecord, type RequestDetails } from './requestRecord.js';
import { objectOf } from './ownData.js';
import { filled } from './slots.js';
import { TaskType } from './taskTypes.js';

const RING_SIZE = 1 << 7;
const RING_MASK = RING_SIZE - 1;
/** A request that has ended is let go when so many younger ones came: most have by then. */
const LOOKED_AT_AGAIN = 1 << 3;
const KEPT_MAX = 100_000;
const SWEPT_PER_BEAT = 500;
/** A request is sent soon after it is made: among this many of the youngest. */
const SENT_AMONG = 16;
/** Within `fetch` a request is made some 25 calls deep. */
const STACK_LIMIT = 48;

interface Announced {
  headers?: unknown;
  /** The code that made it is not on the stack any more. */
  isLate?: boolean;
}

type Channel = ReturnType<typeof channel>;
type Listener = Parameters<Channel['subscribe']>[0];

export class RequestWatch {
  readonly ages = new Ages();
  readonly #promiseCount: () => number;
  readonly #withAllStacks: boolean;
  readonly #type = new TaskType('request', 'embedder');
  /** The ring. A slot is taken while it has an object; `#details` is null for most. */
  readonly #objects = filled<object | undefined>(RING_SIZE, undefined);
  readonly #sources = filled<RequestSource>(RING_SIZE, 'server');
  readonly #promises = new Float64Array(RING_SIZE);
  readonly #details = filled<RequestDetails | null>(RING_SIZE, null);
  readonly #old = new Map<number, RequestRecord>();
  /** The latest request of each socket of undici: its number while it may be in the ring or the map. */
  readonly #sockets = new WeakMap<object, number | WeakRef<object>>();
  #channels: { of: Channel; listener: Listener }[] = [];
  #sweeper: Iterator<RequestRecord> | null = null;
  #count = 0;
  #uncounted = 0;

  /** @param promiseCount - tells how many promises there were so far */
  constructor(promiseCount: () => number, withAllStacks: boolean) {
    this.#promiseCount = promiseCount;
    this.#withAllStacks = withAllStacks;
  }

  /** Requests in flight that came when the map was full: they are not listed. */
  get uncounted(): number {
    return this.#uncounted;
  }

  start(): void {
    if (this.#channels.length > 0) return;
    this.#hear('http.server.request.start', (message) => this.#addIncoming('server', message.response));
    // `start` comes when the request is sent, out of what nobody called; Node 20 has nothing earlier.
    this.#hear('http.client.request.created', (message) => {
      this.#mute('http.client.request.start');
      this.#addOutgoing('client', message.request);
    });
    this.#hear('http.client.request.start', (message) =>
      this.#addOutgoing('client', message.request, { isLate: true }),
    );
    this.#hear('undici:request:create', (message) => this.#addOutgoing('undici', message.request));
    this.#hear('undici:client:sendHeaders', ({ socket, request }) => this.#addSocket(socket, request));
    this.#hear('http2.server.stream.start', ({ stream, headers }) =>
      this.#addIncoming('http2-server', stream, headers),
    );
    this.#hear('http2.client.stream.created', (message) => this.#addOutgoing('http2-client', message.stream, message));
  }

  stop(): void {
    for (const { of, listener } of this.#channels.splice(0)) of.unsubscribe(listener);
  }

  /** To be called every 250 ms. */
  beat(): void {
    this.#type.refill();
    this.ages.beat(this.#count);
    for (const id of this.#idsInRing()) this.#leave(id);
    this.#sweep();
  }

  /** Every request in flight, oldest first; null now and then, where a caller that works in slices may pause. */
  *inFlight(): Generator<{ record: RequestRecord; object: object } | null> {
    // Noted before the first pause: a heartbeat in one moves all that is in the ring to the map.
    const records = [...this.#old.values(), ...this.#inRing()];
    for (const [index, record] of records.entries()) {
      if (index % 256 === 255) yield null;
      const object = record.inFlight();
      if (object !== null) yield { record, object };
    }
  }

  /** The request that was last sent over this socket of undici's; undefined for any other socket, null when it is gone. */
  lastOver(socket: object): object | null | undefined {
    const known = this.#sockets.get(socket);
    if (known === undefined) return undefined;
    if (typeof known !== 'number') return known.deref() ?? null;
    const object = this.#isInRing(known) ? this.#objects[known & RING_MASK] : undefined;
    return object ?? this.#old.get(known)?.deref() ?? null;
  }

  *#inRing(): Generator<RequestRecord> {
    for (const id of this.#idsInRing()) {
      const object = this.#objects[id & RING_MASK];
      if (object !== undefined) yield this.#record(id, object);
    }
  }

  *#idsInRing(): Generator<number> {
    for (let id = Math.max(1, this.#count - RING_SIZE + 1); id <= this.#count; id++) {
      if (this.#objects[id & RING_MASK] !== undefined) yield id;
    }
  }

  #isInRing(id: number): boolean {
    return id > this.#count - RING_SIZE;
  }

  #record(id: number, object: object): RequestRecord {
    const slot = id & RING_MASK;
    const given = { id, source: this.#sources[slot] ?? 'server', promise: this.#promises[slot] ?? 0 };
    return new RequestRecord(given, object, this.#details[slot] ?? null);
  }

  /** A throw in a listener would become an uncaught exception of the application. */
  #hear(name: string, hear: (message: Record<string, unknown>) => void): void {
    const of = channel(name);
    const listener: Listener = (message) => {
      try {
        hear(message as Record<string, unknown>);
      } catch {
        // This request is not watched.
      }
    };
    of.subscribe(listener);
    this.#channels.push({ of, listener });
  }

  #mute(name: string): void {
    const index = this.#channels.findIndex(({ of }) => of.name === name);
    for (const { of, listener } of index < 0 ? [] : this.#channels.splice(index, 1)) of.unsubscribe(listener);
  }

  /** What comes in is made by no code of the application, in no scope of it: nothing is noted but that it came. */
  #addIncoming(source: RequestSource, value: unknown, headers: unknown = null): void {
    const object = objectOf(value);
    if (object === null) return;
    const known = objectOf(headers) as StreamHeaders | null;
    this.#put(source, object, 0, known === null ? null : { labels: null, headers: known, stack: null });
  }

  /** `isLate`: the code that made it is not on the stack any more. */
  #addOutgoing(source: RequestSource, value: unknown, { headers = null, isLate = false }: Announced = {}): void {
    const object = objectOf(value);
    if (object === null) return;
    const labels = isLate ? null : currentLabels();
    const known = objectOf(headers) as StreamHeaders | null;
    const stack = isLate ? null : this.#holdCreation();
    const isPlain = labels === null && known === null && stack === null;
    this.#put(source, object, isLate ? 0 : this.#promiseCount(), isPlain ? null : { labels, headers: known, stack });
  }

  #holdCreation(): HeldStack | null {
    return this.#type.takeStack(this.#withAllStacks) ? holdStack(undefined, STACK_LIMIT) : null;
  }

  #put(source: RequestSource, object: object, promise: number, details: RequestDetails | null): void {
    const id = this.#count + 1;
    const slot = id & RING_MASK;
    if (this.#objects[slot] !== undefined) this.#leave(id - RING_SIZE);
    if (id >= this.ages.markAt) this.ages.mark(id);
    this.#count = id;
    this.#sources[slot] = source;
    this.#promises[slot] = promise;
    this.#details[slot] = details;
    this.#objects[slot] = object;
    this.#letGoEnded((id - LOOKED_AT_AGAIN) & RING_MASK);
  }

  #letGoEnded(slot: number): void {
    const object = this.#objects[slot];
    if (object === undefined || !hasEnded(this.#sources[slot] ?? 'server', object)) return;
    this.#objects[slot] = undefined;
    this.#details[slot] = null;
  }

  #addSocket(socket: unknown, request: unknown): void {
    const [over, sent] = [objectOf(socket), objectOf(request)];
    if (over !== null && sent !== null) this.#sockets.set(over, this.#idOf(sent) ?? new WeakRef(sent));
  }

  #idOf(request: object): number | null {
    for (let id = this.#count; id > this.#count - SENT_AMONG; id--)
      if (this.#objects[id & RING_MASK] === request) return id;
    return null;
  }

  /** Takes it out of the ring; what is in flight goes to the map. */
  #leave(id: number): void {
    const slot = id & RING_MASK;
    const object = this.#objects[slot];
    this.#objects[slot] = undefined;
    const hasGone = object === undefined || hasEnded(this.#sources[slot] ?? 'server', object);
    const record = hasGone ? null : this.#record(id, object);
    // A stack that is held keeps alive what ran on it.
    this.#details[slot] = null;
    if (record === null || record.inFlight() === null) return;
    if (this.#old.size >= KEPT_MAX) {
      this.#uncounted++;
      return;
    }
    record.weaken();
    this.#old.set(id, record);
  }

  /** Looks at the next of those that outlived the ring, and forgets which are done. */
  #sweep(): void {
    for (let step = Math.max(SWEPT_PER_BEAT, this.#old.size >> 4); step > 0; step--) {
      this.#sweeper ??= this.#old.values();
      const next = this.#sweeper.next();
      if (next.done === true) {
        this.#sweeper = null;
        return;
      }
      if (next.value.inFlight() === null) this.#old.delete(next.value.id);
    }
  }
}

/**
 * Whether it has certainly ended, asked for each request some others later, and when it has to leave the ring. Node and undici put these marks on their
 * own objects; a plain read is 50 times cheaper than asking for the property's descriptor, as all else here does, and
 * nothing is interrupted while this runs.
 */
function hasEnded(source: RequestSource, object: object): boolean {
  const marks = object as { destroyed?: unknown; completed?: unknown; aborted?: unknown };
  return source === 'undici' ? marks.completed === true || marks.aborted === true : marks.destroyed === true;
}
