/**
 * HTTP requests in flight, in and out, by Node's diagnostics channels. Whether one has ended is told from the request itself
 * when a report or a heartbeat asks, so an end that no channel tells (aborted, socket gone, collected) is none that is
 * missed. The usual end is heard all the same, to let go at once: a request that is held until the next heartbeat outlives
 * the young generation, with all that hangs on it, and that costs the server more than all the rest.
 *
 * The youngest sit in a ring, which lets go of them at the next heartbeat: a weak reference is not cheap either. What the
 * ring pushes out while it is in flight goes to a map, held weakly.
 */
import { channel } from 'node:diagnostics_channel';
import { now } from './clock.js';
import { currentLabels, type Labels } from './labels.js';
import { holdStack, readStack, type HeldStack } from './realm.js';
import { isInFlight, type RequestSource, type StreamHeaders } from './requestFacts.js';
import { objectOf } from './ownData.js';
import { Returned } from './returned.js';
import { TaskType } from './taskTypes.js';

const RING_SIZE = 1 << 11;
const RING_MASK = RING_SIZE - 1;
const KEPT_MAX = 100_000;
const SWEPT_PER_BEAT = 500;
/** A request is sent soon after it is made: among this many of the youngest. */
const SENT_AMONG = 16;
/** Within `fetch` a request is made some 25 calls deep. */
const STACK_LIMIT = 48;

class Stamp extends Returned {
  readonly #id: number;

  constructor(request: object, id: number) {
    super(request);
    this.#id = id;
  }

  static of(request: object): number {
    return #id in request ? request.#id : 0;
  }
}

export class RequestRecord {
  readonly id: number;
  readonly source: RequestSource;
  readonly startedAt: number;
  /** The number of the youngest promise when it was made; 0 where promises are not watched. */
  readonly promise: number;
  readonly labels: Labels | null;
  readonly headers: StreamHeaders | null;
  #strong: object | null;
  #weak: WeakRef<object> | null = null;
  #stack: HeldStack | string | null;

  constructor(
    given: Pick<RequestRecord, 'id' | 'source' | 'promise' | 'labels' | 'headers'>,
    object: object,
    stack: HeldStack | null,
  ) {
    this.id = given.id;
    this.source = given.source;
    this.promise = given.promise;
    this.labels = given.labels;
    this.headers = given.headers;
    this.startedAt = now();
    this.#strong = object;
    this.#stack = stack;
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

interface Announced {
  headers?: unknown;
  /** The code that made it is not on the stack any more. */
  isLate?: boolean;
}

type Channel = ReturnType<typeof channel>;
type Listener = Parameters<Channel['subscribe']>[0];

export class RequestWatch {
  readonly #promiseCount: () => number;
  readonly #withAllStacks: boolean;
  readonly #type = new TaskType('request', 'embedder');
  readonly #young: (RequestRecord | undefined)[] = Array.from<undefined>({ length: RING_SIZE });
  readonly #old = new Map<number, RequestRecord>();
  /** The latest request of each socket of undici. */
  readonly #sockets = new WeakMap<object, { deref(): object | undefined }>();
  #channels: { of: Channel; listener: Listener }[] = [];
  #sweeper: Iterator<RequestRecord> | null = null;
  #aged = 0;
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
    this.#hear('http.server.request.start', (message) => this.#add('server', message.response));
    // `start` comes when the request is sent, out of what nobody called; Node 20 has nothing earlier.
    this.#hear('http.client.request.created', (message) => {
      this.#mute('http.client.request.start');
      this.#add('client', message.request);
    });
    this.#hear('http.client.request.start', (message) => this.#add('client', message.request, { isLate: true }));
    this.#hear('undici:request:create', (message) => this.#add('undici', message.request));
    this.#hear('undici:client:sendHeaders', ({ socket, request }) => this.#addSocket(socket, request));
    for (const name of ['http.client.response.finish', 'http.client.request.error', 'undici:request:trailers'])
      this.#hear(name, (message) => this.#end(message.request));
    this.#hear('http.server.response.finish', (message) => this.#end(message.response));
    this.#hear('http2.server.stream.start', (message) => this.#add('http2-server', message.stream, message));
    this.#hear('http2.client.stream.created', (message) => this.#add('http2-client', message.stream, message));
  }

  stop(): void {
    for (const { of, listener } of this.#channels.splice(0)) of.unsubscribe(listener);
  }

  /** To be called every 250 ms. */
  beat(): void {
    this.#type.refill();
    for (let number = Math.max(this.#aged, this.#count - RING_SIZE) + 1; number <= this.#count; number++) {
      const record = this.#young[number & RING_MASK];
      if (record?.inFlight() === null) this.#young[number & RING_MASK] = undefined;
      else record?.weaken();
    }
    this.#aged = this.#count;
    this.#sweep();
  }

  /** Every request in flight, oldest first; null now and then, where a caller that works in slices may pause. */
  *inFlight(): Generator<{ record: RequestRecord; object: object } | null> {
    let seen = 0;
    for (const records of [this.#old.values(), this.#inRing()]) {
      for (const record of records) {
        if (++seen % 256 === 0) yield null;
        const object = record.inFlight();
        if (object !== null) yield { record, object };
      }
    }
  }

  /** The request that was last sent over this socket of undici's; undefined for any other socket, null when it is gone. */
  lastOver(socket: object): object | null | undefined {
    const reference = this.#sockets.get(socket);
    return reference === undefined ? undefined : (reference.deref() ?? null);
  }

  *#inRing(): Generator<RequestRecord> {
    for (let number = Math.max(0, this.#count - RING_SIZE) + 1; number <= this.#count; number++) {
      const record = this.#young[number & RING_MASK];
      if (record !== undefined) yield record;
    }
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

  #add(source: RequestSource, value: unknown, { headers = null, isLate = false }: Announced = {}): void {
    const object = objectOf(value);
    if (object === null) return;
    const id = ++this.#count;
    const slot = id & RING_MASK;
    const before = this.#young[slot];
    if (before !== undefined) this.#pushOut(before);
    // oxlint-disable-next-line no-new -- the constructor's work is what is wanted
    new Stamp(object, id);
    // What comes in is made by no code of the application, in no scope of it.
    const isMadeHere = !isLate && source !== 'server' && source !== 'http2-server';
    this.#young[slot] = new RequestRecord(
      {
        id,
        source,
        promise: isMadeHere ? this.#promiseCount() : 0,
        labels: isMadeHere ? currentLabels() : null,
        headers: objectOf(headers) as StreamHeaders | null,
      },
      object,
      isMadeHere && this.#type.takeStack(this.#withAllStacks) ? holdStack(undefined, STACK_LIMIT) : null,
    );
  }

  #end(value: unknown): void {
    const object = objectOf(value);
    const id = object === null ? 0 : Stamp.of(object);
    if (id === 0) return;
    if (this.#young[id & RING_MASK]?.id === id) this.#young[id & RING_MASK] = undefined;
    else this.#old.delete(id);
  }

  #addSocket(socket: unknown, request: unknown): void {
    const [over, sent] = [objectOf(socket), objectOf(request)];
    if (over !== null && sent !== null) this.#sockets.set(over, this.#recordOf(sent) ?? new WeakRef(sent));
  }

  #recordOf(request: object): RequestRecord | null {
    for (let number = this.#count; number > this.#count - SENT_AMONG; number--) {
      const record = this.#young[number & RING_MASK];
      if (record?.deref() === request) return record;
    }
    return null;
  }

  #pushOut(record: RequestRecord): void {
    if (record.inFlight() === null) return;
    if (this.#old.size >= KEPT_MAX) {
      this.#uncounted++;
      return;
    }
    record.weaken();
    this.#old.set(record.id, record);
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
