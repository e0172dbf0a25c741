/**
 * Handles and every other async resource but promises, by async hooks: `init` alone, because a hook with `destroy` costs
 * timers nearly half as much again. What is done is told from the resource itself (`handleRecord.ts`), when a report or a
 * heartbeat asks. Two kinds cannot be asked: what is made with `AsyncResource` tells its end by a call (`destroyCalls.ts`),
 * and for what native addons make, `destroy` is hooked from the first of those on.
 *
 * As with promises, the youngest sit in a ring; what the ring pushes out while it is in use goes to a map, held weakly.
 */
import type { AsyncHook } from 'node:async_hooks';
import { Ages } from './ages.js';
import { createDestroyCalls } from './destroyCalls.js';
import { HandleRecord } from './handleRecord.js';
import { currentLabels } from './labels.js';
import type { OwnWork } from './ownWork.js';
import { holdStack, type HeldStack } from './realm.js';
import { filled } from './slots.js';
import { TaskTypes, type TaskType } from './taskTypes.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

const RING_SIZE = 1 << 12;
const RING_MASK = RING_SIZE - 1;
/** What ended is let go when so many younger ones came: what the ring holds outlives the young generation. */
const LOOKED_AT_AGAIN = 1 << 7;
const BEATS_HELD = 12;
const SWEPT_PER_BEAT = 500;
const KEPT_MAX = 250_000;
const STACK_LIMIT = 16;

const { nextTick } = process;

export class HandleWatch {
  readonly ages = new Ages();
  readonly #hooks: HooksWithoutPromises;
  readonly #own: OwnWork;
  readonly #withAllStacks: boolean;
  readonly #types = new TaskTypes();
  readonly #young = filled<HandleRecord | undefined>(RING_SIZE, undefined);
  readonly #old = new Map<number, HandleRecord>();
  readonly #ofAddons = new Map<number, HandleRecord>();
  readonly #destroyCalls = createDestroyCalls<HandleRecord>((record) => this.#end(record));
  readonly #beats: number[] = [];
  readonly #hook: (asyncId: number, type: string, triggerId: number, resource: object) => void;
  readonly #init: AsyncHook;
  readonly #destroy: AsyncHook;
  #sweeper: Iterator<HandleRecord> | null = null;
  #count = 0;
  #promoted = 0;
  #destroyState: 'off' | 'wanted' | 'on' = 'off';
  #isRunning = false;
  #uncounted = 0;

  /** @param own - what it makes is not watched */
  constructor(hooks: HooksWithoutPromises, own: OwnWork, withAllStacks: boolean) {
    this.#hooks = hooks;
    this.#own = own;
    this.#withAllStacks = withAllStacks;
    this.#hook = (asyncId, type, triggerId, resource) => this.#onInit(asyncId, type, triggerId, resource);
    this.#init = hooks.create({ init: this.#hook });
    this.#destroy = hooks.create({ destroy: (asyncId) => this.#onDestroy(asyncId) });
  }

  get uncounted(): number {
    return this.#uncounted;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#destroyCalls.start();
    this.#hooks.enable(this.#init);
    if (this.#destroyState === 'on') this.#hooks.enable(this.#destroy);
  }

  stop(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.#destroyCalls.stop();
    this.#hooks.disable(this.#init);
    if (this.#destroyState === 'on') this.#hooks.disable(this.#destroy);
  }

  /** To be called every 250 ms. */
  beat(): void {
    this.ages.beat(this.#young[this.#count & RING_MASK]?.asyncId ?? 0);
    this.#types.beat();
    this.#beats.push(this.#count);
    if (this.#beats.length > BEATS_HELD) this.#promoteUpTo(this.#beats.shift() ?? 0);
    this.#sweep(Math.max(SWEPT_PER_BEAT, this.#old.size >> 4));
  }

  /** Every resource that is in use, oldest first; null now and then, where a caller that works in slices may pause. */
  *inUse(): Generator<HandleRecord | null> {
    // Noted before the first pause: in one a heartbeat, or what the application makes, moves some of the ring to the map.
    const young = this.#inRing();
    const listed = new Set<HandleRecord>();
    let seen = 0;
    for (const record of this.#old.values()) {
      if (++seen % 256 === 0) yield null;
      if (record.isGone()) this.#forget(record);
      else if (listed.add(record) && record.isInUse()) yield record;
    }
    for (const record of young) {
      if (++seen % 256 === 0) yield null;
      if (record.isInUse() && !listed.has(record)) yield record;
    }
  }

  #inRing(): HandleRecord[] {
    const found: HandleRecord[] = [];
    for (let number = Math.max(0, this.#count - RING_SIZE) + 1; number <= this.#count; number++) {
      const record = this.#young[number & RING_MASK];
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  /** What was made with `AsyncResource` and is in use, oldest first; null now and then, as above. */
  *embedded(): Generator<HandleRecord | null> {
    for (const record of this.inUse()) if (record === null || record.type.kind === 'embedder') yield record;
  }

  #onInit(asyncId: number, name: string, triggerId: number, resource: object): void {
    // These two come several times with each request or pool task: they are told by two pointers, before any look-up.
    if (name === 'TickObject') return;
    if (name === 'Microtask') {
      this.#destroyCalls.leaveOut(asyncId);
      return;
    }
    if (this.#own.isRunning) return;
    try {
      const type = this.#types.get(name) ?? this.#types.add(name, resource);
      if (type.isWatched) this.#watch(asyncId, type, triggerId, resource);
    } catch {
      // A throw in an async hook ends the process: this resource is not watched.
    }
  }

  #onDestroy(asyncId: number): void {
    const record = this.#ofAddons.get(asyncId);
    if (record !== undefined) this.#end(record);
  }

  #end(record: HandleRecord): void {
    record.destroy();
    const slot = record.number & RING_MASK;
    if (this.#young[slot] === record) this.#young[slot] = undefined;
    else this.#forget(record);
  }

  #watch(asyncId: number, type: TaskType, triggerId: number, resource: object): void {
    if (asyncId >= this.ages.markAt) this.ages.mark(asyncId);
    const record = new HandleRecord(
      { asyncId, triggerId, type, labels: currentLabels(), number: this.#count + 1 },
      resource,
      this.#holdCreation(type),
    );
    const slot = ++this.#count & RING_MASK;
    const before = this.#young[slot];
    if (before !== undefined) this.#promote(before);
    this.#young[slot] = record;
    const earlier = (this.#count - LOOKED_AT_AGAIN) & RING_MASK;
    if (this.#young[earlier]?.hasClearlyEnded() === true) this.#young[earlier] = undefined;
    if (type.kind === 'embedder') this.#destroyCalls.watch(resource, record);
    else if (type.kind === 'addon') this.#watchDestroy(record);
  }

  #holdCreation(type: TaskType): HeldStack | null {
    return type.takeStack(this.#withAllStacks) ? holdStack(this.#hook, STACK_LIMIT) : null;
  }

  /** Enabled after the running job: a hook enabled while hooks run would not be counted right by Node. */
  #watchDestroy(record: HandleRecord): void {
    this.#ofAddons.set(record.asyncId, record);
    if (this.#destroyState !== 'off') return;
    this.#destroyState = 'wanted';
    nextTick(() => {
      this.#destroyState = 'on';
      if (this.#isRunning) this.#hooks.enable(this.#destroy);
    });
  }

  #promoteUpTo(newest: number): void {
    for (let number = Math.max(this.#promoted, this.#count - RING_SIZE) + 1; number <= newest; number++) {
      const record = this.#young[number & RING_MASK];
      if (record !== undefined) this.#promote(record);
      this.#young[number & RING_MASK] = undefined;
    }
    this.#promoted = newest;
  }

  #promote(record: HandleRecord): void {
    if (record.hasClearlyEnded()) return;
    if (record.isGone()) {
      this.#ofAddons.delete(record.asyncId);
      return;
    }
    if (this.#old.size < KEPT_MAX) this.#old.set(record.asyncId, record);
    else this.#uncounted++;
    record.weaken();
  }

  #sweep(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.#sweeper ??= this.#old.values();
      const next = this.#sweeper.next();
      if (next.done === true) {
        this.#sweeper = null;
        return;
      }
      if (next.value.isGone()) this.#forget(next.value);
    }
  }

  #forget(record: HandleRecord): void {
    this.#old.delete(record.asyncId);
    if (record.type.kind === 'addon') this.#ofAddons.delete(record.asyncId);
  }
}
