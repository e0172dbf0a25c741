/**
 * Takes promises out of async hooks, so that watching handles costs promises nothing and puts nothing on them.
 *
 * Newer lines have `createHook({ trackPromises: false })`. On the others (20, 22) enabling any async hook also puts
 * Node's promise hook in place; there `process.binding('async_wrap').setPromiseHooks` puts back what was there before. It
 * must never take anything away from the application, so it does so only while no other hook is known:
 * - `async_hook_fields[kTotals]` counts the callbacks of all async hooks, `AsyncLocalStorage` included;
 * - Node's own promise hook is known by the name of its function, so a `v8.promiseHooks` of the application is not cut.
 * When the application enables a hook later, Node itself puts its promise hook back; when it disables it, the next
 * heartbeat takes promises out again. That must be a timer's callback: between the `before` and the `after` of a
 * promise job the two would no longer match.
 */
import { createHook, type AsyncHook, type HookCallbacks } from 'node:async_hooks';
import { promiseHooks } from 'node:v8';
import type { PromiseRing } from './promiseRing.js';

type V8Hook = ((...values: object[]) => void) | undefined;
type V8Hooks = [init: V8Hook, before: V8Hook, after: V8Hook, settled: V8Hook];

interface AsyncWrapBinding {
  setPromiseHooks(...hooks: V8Hooks): void;
  getPromiseHooks(): V8Hooks;
  async_hook_fields: Uint32Array;
  constants: { kTotals: number };
}

type HookOptions = HookCallbacks & { trackPromises?: boolean };

let binding: AsyncWrapBinding | null | undefined;

/** Whether `createHook` knows `trackPromises`: it then refuses a value that is no boolean. */
export function canLeavePromisesOut(): boolean {
  try {
    createHook({ trackPromises: 'no' } as unknown as HookOptions);
    return false;
  } catch {
    return true;
  }
}

/** Enables async hooks that see no promises, and keeps it so. */
export class HooksWithoutPromises {
  readonly #native = canLeavePromisesOut();
  readonly #binding: AsyncWrapBinding | null;
  #enabledCallbacks = 0;
  #ring: PromiseRing | null = null;

  constructor() {
    this.#binding = this.#native ? null : asyncWrap();
  }

  /** Whether it can be done here; where it cannot, nothing may be enabled. */
  get isPossible(): boolean {
    return this.#native || this.#binding !== null;
  }

  /** Which promise hooks of this package are in place, since putting others in place replaces them as well. */
  setRing(ring: PromiseRing | null): void {
    this.#ring = ring;
  }

  create(callbacks: HookCallbacks): AsyncHook {
    return createHook(this.#native ? ({ ...callbacks, trackPromises: false } as HookOptions) : callbacks);
  }

  /** @param callbacks - how many callbacks the hook has */
  enable(hook: AsyncHook, callbacks: number): void {
    const isAlone = this.#foreignCallbacks() === 0;
    hook.enable();
    this.#enabledCallbacks += callbacks;
    if (isAlone) this.#takeOut();
  }

  disable(hook: AsyncHook, callbacks: number): void {
    hook.disable();
    this.#enabledCallbacks -= callbacks;
  }

  /** To be called from a timer: takes promises out again after the application disabled the last hook of its own. */
  beat(): void {
    if (this.#binding === null || this.#enabledCallbacks === 0) return;
    if (this.#binding.getPromiseHooks()[0] === this.#ring?.init) return;
    if (this.#foreignCallbacks() === 0) this.#takeOut();
  }

  /** Whether others hook promises: true, false, or null where this cannot be told without running their hooks. */
  hasForeignHooks(samples: readonly object[]): boolean | null {
    if (this.#binding !== null) {
      const [init, before] = this.#binding.getPromiseHooks();
      return this.#foreignCallbacks() !== 0 || before !== undefined || (init !== undefined && init !== this.#ring?.init);
    }
    if (samples.length === 0) return null;
    return samples.some((promise) => Object.getOwnPropertySymbols(promise).some((key) => key.description === 'async_id_symbol'));
  }

  /** Runs `work` with no promise hook of anybody in place, where that can be done. `work` is synchronous. */
  withoutAnyHooks<Result>(work: () => Result): Result {
    if (this.#binding === null) return work();
    const hooks = this.#binding.getPromiseHooks();
    this.#binding.setPromiseHooks(undefined, undefined, undefined, undefined);
    try {
      return work();
    } finally {
      this.#binding.setPromiseHooks(...hooks);
    }
  }

  get canRunWithoutHooks(): boolean {
    return this.#binding !== null;
  }

  #foreignCallbacks(): number {
    if (this.#binding === null) return 0;
    const total = this.#binding.async_hook_fields[this.#binding.constants.kTotals] ?? 0;
    return total - this.#enabledCallbacks;
  }

  /** Replaces Node's promise hook, if it is the only one beside ours, by ours alone. */
  #takeOut(): void {
    const target = this.#binding;
    if (target === null) return;
    const probe = promiseHooksWithout(target, this.#ring);
    if (probe !== null && isNodesOwn(probe)) target.setPromiseHooks(this.#ring?.init as V8Hook, undefined, undefined, this.#ring?.settled as V8Hook);
  }
}
