/**
 * Takes promises out of async hooks, so that watching handles costs promises nothing and puts nothing on them.
 *
 * Newer lines have `createHook({ trackPromises: false })`. On the others (20, 22) enabling any async hook also puts
 * Node's promise hook in place; there `process.binding('async_wrap').setPromiseHooks` puts back what was there before. It
 * must never take anything away from the application, so it does so only while no other hook is known:
 * - `async_hook_fields` counts the callbacks of all async hooks, `AsyncLocalStorage` included;
 * - Node's own promise hook is known by the name of its function, so a `v8.promiseHooks` of the application is not cut.
 * When the application enables a hook later, Node itself puts its promise hook back; when it disables it, the next
 * heartbeat takes promises out again. That must be a timer's callback: between the `before` and the `after` of a
 * promise job the two would no longer match, and Node aborts. So nothing is taken out while a promise's job runs.
 */
import type { AsyncHook, HookCallbacks } from 'node:async_hooks';
import type { PromiseWatch } from './promises.js';

/** Without an import: this is part of the probe too, which is evaluated where `require` does not exist. */
const { createHook, executionAsyncResource } = process.getBuiltinModule('node:async_hooks');

type V8Hook = ((...values: object[]) => void) | undefined;
type V8Hooks = readonly [init: V8Hook, before: V8Hook, after: V8Hook, settled: V8Hook];

interface AsyncWrapBinding {
  setPromiseHooks(...hooks: V8Hooks): void;
  getPromiseHooks(): V8Hooks;
  async_hook_fields: Uint32Array;
  constants: Record<CountedField | 'kUsesExecutionAsyncResource', number>;
}

/** Not `kTotals`: that one is left behind when a hook is enabled while hooks run. */
const COUNTED_FIELDS = ['kInit', 'kBefore', 'kAfter', 'kDestroy', 'kPromiseResolve'] as const;
type CountedField = (typeof COUNTED_FIELDS)[number];

type HookOptions = HookCallbacks & { trackPromises?: boolean };

/** Whether `createHook` knows `trackPromises`: then it looks for it. */
export function canLeavePromisesOut(): boolean {
  let isKnown = false;
  createHook({
    get trackPromises(): undefined {
      isKnown = true;
      return undefined;
    },
  } as HookCallbacks);
  return isKnown;
}

/** Enables async hooks that see no promises, and keeps it so. */
export class HooksWithoutPromises {
  readonly #native = canLeavePromisesOut();
  readonly #binding: AsyncWrapBinding | null;
  readonly #enabled = new Set<AsyncHook>();
  #woreIds = false;
  #watch: PromiseWatch | null = null;

  constructor() {
    this.#binding = this.#native ? null : asyncWrap();
  }

  /** Whether it can be done here; where it cannot, hooks see promises too, and only `tasks: full` may enable any. */
  get isPossible(): boolean {
    return this.#native || this.#binding !== null;
  }

  /** The promise hooks of this package, which share V8's places for hooks; after each start and stop of them. */
  setWatch(watch: PromiseWatch | null): void {
    this.#watch = watch;
    if (this.#enabled.size > 0 && this.#foreignCallbacks() === 0) this.#takeOut();
  }

  create(callbacks: HookCallbacks): AsyncHook {
    return createHook(this.#native ? ({ ...callbacks, trackPromises: false } as HookOptions) : callbacks);
  }

  /** `hook` has one callback: they are counted. */
  enable(hook: AsyncHook): void {
    const isAlone = this.#foreignCallbacks() === 0;
    if (this.#enabled.size === 0) this.#woreIds = wearsAsyncId(Promise.resolve());
    hook.enable();
    this.#enabled.add(hook);
    if (isAlone) this.#takeOut();
  }

  disable(hook: AsyncHook): void {
    hook.disable();
    this.#enabled.delete(hook);
  }

  /** The check after enabling: promises wear ids of async hooks only if they did so before, or because of others. */
  isSound(): boolean {
    return this.#woreIds || this.#foreignCallbacks() !== 0 || !wearsAsyncId(Promise.resolve());
  }

  /** To be called from a timer: takes promises out again after the application disabled the last hook of its own. */
  beat(): void {
    if (this.#enabled.size === 0 || !this.isPossible) return;
    if (this.#binding === null) {
      // Without promises of our own to look at, it is done in any case: that takes a few microseconds.
      if (this.#watch?.samples().some(wearsAsyncId) ?? true) this.#letNodeTakeOut();
    } else if (this.#binding.getPromiseHooks()[0] !== this.#watch?.ring.hooks().init && this.#foreignCallbacks() === 0)
      this.#takeOut();
  }

  /** Whether others hook promises: true, false, or null where this cannot be told without running their hooks. */
  hasForeignHooks(samples: readonly object[]): boolean | null {
    if (this.#binding !== null) {
      const [init, before] = this.#binding.getPromiseHooks();
      return (
        this.#foreignCallbacks() !== 0 ||
        before !== undefined ||
        (init !== undefined && init !== this.#watch?.ring.hooks().init)
      );
    }
    if (samples.length === 0) return null;
    return samples.some(wearsAsyncId);
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
    const source = this.#binding;
    if (source === null) return 0;
    const total = COUNTED_FIELDS.reduce(
      (sum, field) => sum + (source.async_hook_fields[source.constants[field]] ?? 0),
      0,
    );
    return total - this.#enabled.size;
  }

  /** Node takes its promise hook out when the last hook is disabled: with others enabled this changes nothing. */
  #letNodeTakeOut(): void {
    for (const hook of this.#enabled) hook.disable();
    for (const hook of this.#enabled) hook.enable();
  }

  /** Replaces Node's promise hook, if it is the only one beside ours, by ours alone. */
  #takeOut(): void {
    const target = this.#binding;
    if (target === null || isInPromiseJob(target)) return;
    const watch = this.#watch;
    watch?.stop();
    const others = target.getPromiseHooks();
    watch?.start();
    if (!others.every(isNodesOwn)) return;
    const { init, settled } = watch?.ring.hooks() ?? {};
    target.setPromiseHooks(init as V8Hook, undefined, undefined, settled as V8Hook);
  }
}

/**
 * Asking for the resource makes Node run every later callback through a function of its own, which stands in the stacks
 * of the application's errors; so the mark that it was asked is put back.
 */
function isInPromiseJob({ async_hook_fields: fields, constants }: AsyncWrapBinding): boolean {
  const mark = constants.kUsesExecutionAsyncResource;
  const before = fields[mark] ?? 0;
  const isPromise = process.getBuiltinModule('node:util').types.isPromise(executionAsyncResource());
  fields[mark] = before;
  return isPromise;
}

function wearsAsyncId(promise: object): boolean {
  return Object.getOwnPropertySymbols(promise).some((key) => key.description === 'async_id_symbol');
}

function isNodesOwn(hook: V8Hook): boolean {
  return hook === undefined || /^(promise(Init|Before|After|Resolve)Hook\w*|destroyTracking)$/.test(hook.name);
}

/** The one use of `process.binding`; null where it is gone or refuses. Its warning (DEP0111) is not the application's. */
function asyncWrap(): AsyncWrapBinding | null {
  const runtime = process as unknown as { binding?: (name: string) => unknown; noDeprecation?: boolean };
  const before = Object.getOwnPropertyDescriptor(runtime, 'noDeprecation');
  try {
    runtime.noDeprecation = true;
    const found = runtime.binding?.('async_wrap') as Partial<AsyncWrapBinding> | undefined;
    const isWhole = typeof found?.setPromiseHooks === 'function' && typeof found.getPromiseHooks === 'function';
    return isWhole && COUNTED_FIELDS.every((field) => typeof found.constants?.[field] === 'number')
      ? (found as AsyncWrapBinding)
      : null;
  } catch {
    return null;
  } finally {
    if (before === undefined) delete runtime.noDeprecation;
    else Object.defineProperty(runtime, 'noDeprecation', before);
  }
}
