/**
 * Tells the end of what is made with `AsyncResource`, without a `destroy` hook. While such a hook is enabled, Node notes
 * the end of everything, ticks and microtasks included, in a list that it then goes through call by call: that alone costs
 * a round trip of Piscina more than all other watching. Of an `AsyncResource` the hook would be told two things: that
 * `emitDestroy` was called on it, and that it was collected. The second shows in any weak reference; for the first, this
 * stands in front of the method: what it is called on wears a private field, seen by nobody else (`returned.ts`).
 */
import { AsyncResource } from 'node:async_hooks';
import { Returned } from './returned.js';

type EmitDestroy = (this: object) => unknown;

const prototype = AsyncResource.prototype as { emitDestroy: EmitDestroy };
const { apply } = Reflect;

/** Whether it is made by JavaScript, so that it ends by a call or by being collected. */
export function isAsyncResource(resource: object): boolean {
  return resource instanceof AsyncResource;
}

export interface DestroyCalls<Note> {
  /** From now on `onDestroy` gets this note when `resource` is destroyed. Once for a resource. */
  watch(resource: object, note: Note): void;
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

  let original: EmitDestroy | null = null;
  let isRunning = false;

  const { emitDestroy } = {
    emitDestroy(this: object): unknown {
      if (isRunning && typeof this === 'object' && this !== null) Stamp.tell(this);
      return apply(original as EmitDestroy, this, []);
    },
  };

  return {
    watch(resource, note) {
      // oxlint-disable-next-line no-new -- the constructor's work is what is wanted
      new Stamp(resource, note);
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
