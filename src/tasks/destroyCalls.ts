/**
 * Tells the end of what is made with `AsyncResource`, without a `destroy` hook. While such a hook is enabled, Node notes
 * the end of everything, ticks and microtasks included, in a list that it then goes through call by call: that alone costs
 * a round trip of Piscina more than all other watching. Of an `AsyncResource` the hook would be told two things: that
 * `emitDestroy` was called on it, and that it was collected. The second shows in any weak reference; for the first, this
 * stands in front of the method: what it is called on wears a private field, seen by nobody else (`returned.ts`).
 *
 * Node makes each microtask of `queueMicrotask` with `AsyncResource` too, and destroys it. To find no field is what V8 is
 * slow at, and a round trip of Piscina has four of them: they are known by their numbers instead.
 */
import { AsyncResource } from 'node:async_hooks';
import { Returned } from './returned.js';

/** How many of the youngest that are left out are known: a microtask has run before so many are made, or it is asked for the field. */
const LEFT_OUT_SIZE = 1 << 10;
const LEFT_OUT_MASK = LEFT_OUT_SIZE - 1;

type EmitDestroy = (this: object) => unknown;

const prototype = AsyncResource.prototype as { emitDestroy: EmitDestroy; asyncId(): number };
/** As Node has it: a class of the application may have one of its own. */
const { asyncId } = prototype;
const { apply } = Reflect;

/** Whether it is made by JavaScript, so that it ends by a call or by being collected. */
export function isAsyncResource(resource: object): boolean {
  return resource instanceof AsyncResource;
}

export interface DestroyCalls<Note> {
  /** From now on `onDestroy` gets this note when `resource` is destroyed. Once for a resource. */
  watch(resource: object, note: Note): void;
  /** The resource with this number is not watched. To say so is not needed; it makes its end cheaper. */
  leaveOut(asyncId: number): void;
  start(): void;
  /** Puts the method back, unless others have come to stand before it since: then it does nothing any more. */
  stop(): void;
}

/** @param onDestroy - must not throw: it is called inside the application's call, before the resource is destroyed */
export function createDestroyCalls<Note>(onDestroy: (note: Note) => void): DestroyCalls<Note> {
  class Stamp extends Returned {
    readonly #note: Note;

    constructor(resource: object, note: Note) {
      super(resource);
      this.#note = note;
    }

    static tell(resource: object): void {
      if (#note in resource) onDestroy(resource.#note);
    }
  }

  const leftOut = new Float64Array(LEFT_OUT_SIZE);
  let original: EmitDestroy | null = null;
  let isRunning = false;

  const isLeftOut = (resource: object): boolean => {
    const id = apply(asyncId, resource, []);
    return leftOut[id & LEFT_OUT_MASK] === id;
  };

  const { emitDestroy } = {
    emitDestroy(this: object): unknown {
      if (isRunning && typeof this === 'object' && this !== null && !isLeftOut(this)) Stamp.tell(this);
      return apply(original as EmitDestroy, this, []);
    },
  };

  return {
    watch(resource, note) {
      // oxlint-disable-next-line no-new -- the constructor's work is what is wanted
      new Stamp(resource, note);
    },
    leaveOut(id) {
      leftOut[id & LEFT_OUT_MASK] = id;
    },
    start() {
      isRunning = true;
      if (prototype.emitDestroy === emitDestroy) return;
      original = prototype.emitDestroy;
      put(emitDestroy);
    },
    stop() {
      isRunning = false;
      if (prototype.emitDestroy === emitDestroy && original !== null) put(original);
    },
  };
}

/** As a method of a class is: neither listed nor fixed. */
function put(value: EmitDestroy): void {
  Object.defineProperty(prototype, 'emitDestroy', { value, writable: true, enumerable: false, configurable: true });
}
