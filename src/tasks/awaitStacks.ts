/**
 * Where every pending promise is awaited, asked at the moment of need (`realmSource.ts` tells how). Asking costs 10 to
 * 30 us a promise and runs a reaction job for each, in a microtask queue of its own; hooks of the application would see
 * those jobs, so the questions are put with no hooks in place where that is possible, and left out where it is not.
 */
import type { SnapshotRequest } from '../protocol.js';
import type { AskedPromise } from './awaitChains.js';
import { now } from './clock.js';
import type { PendingPromise, PromiseWatch } from './promises.js';
import { askAwaitStacks, captureText, ownFile } from './realm.js';
import type { PausableWork } from './slices.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

/** Questions put between two looks at the clock. */
const BATCH = 16;

/** Promises looked at without a question between two looks at the clock. */
const LOOKED_AT = 512;

export interface AskedPromises {
  asked: AskedPromise[];
  /** Pending promises that may be chains of their own and were not asked. */
  unasked: number[];
  /** Why some were not asked; null when all were. */
  why: string | null;
  isPending: (id: number) => boolean;
}

type Limits = Pick<SnapshotRequest, 'lane' | 'placesMax' | 'placesMs'>;

/**
 * Asks the oldest half of what may be asked, then evenly over the rest, until `placesMax` or `placesMs` is reached. Nobody
 * waits for a promise that nothing was derived from: that needs no question.
 */
export function* askPending(
  watch: PromiseWatch,
  hooks: HooksWithoutPromises,
  limits: Limits,
): PausableWork<AskedPromises> {
  const pending: PendingPromise[] = [];
  const waiters = new Map<number, number>();
  for (const promise of watch.pending()) {
    if (promise === null) yield;
    else {
      pending.push(promise);
      if (promise.parent > 0) waiters.set(promise.parent, (waiters.get(promise.parent) ?? 0) + 1);
    }
  }
  const why = limits.lane === 'inspector' ? reasonNotToAsk(hooks, watch.samples()) : null;
  const result: AskedPromises = { asked: [], unasked: [], why, isPending: (id) => watch.isKnown(id) };
  const candidates: PendingPromise[] = [];
  let looked = 0;
  for (const promise of pending) {
    if (waiters.has(promise.id)) candidates.push(promise);
    // What `await` makes for itself is derived, and nothing waits for it; of others nobody needs to be asked.
    else if (promise.parent === 0 && watch.isKnown(promise.id))
      result.asked.push({ ...promise, stack: '', waiters: 0 });
    if (++looked % LOOKED_AT === 0) yield;
  }
  const chosen = why === null ? choose(candidates, limits.placesMax) : [];
  if (chosen.length < candidates.length) result.why ??= `limit of ${limits.placesMax} promises`;
  const alone = result.asked.length;
  yield* askChosen(chosen, waiters, watch, hooks, limits, result);
  const done = new Set(result.asked.slice(alone).map(({ id }) => id));
  for (const [index, { id }] of candidates.entries()) {
    if (!done.has(id) && watch.isKnown(id)) result.unasked.push(id);
    if (index % LOOKED_AT === 0) yield;
  }
  result.asked.sort((left, right) => left.id - right.id);
  return result;
}

function* askChosen(
  chosen: PendingPromise[],
  waiters: Map<number, number>,
  watch: PromiseWatch,
  hooks: HooksWithoutPromises,
  limits: Limits,
  result: AskedPromises,
): PausableWork<void> {
  let spentMs = 0;
  for (let index = 0; index < chosen.length; index += BATCH) {
    if (spentMs >= limits.placesMs) {
      result.why = `limit of ${limits.placesMs} ms`;
      return;
    }
    const started = now();
    const batch = chosen.slice(index, index + BATCH).map((entry) => ({ ...entry, promise: watch.find(entry.id) }));
    const living = batch.filter((entry): entry is typeof entry & { promise: object } => entry.promise !== undefined);
    const stacks = watch.ring.ignoring(() =>
      hooks.withoutAnyHooks(() => askAwaitStacks(living.map(({ promise }) => promise))),
    );
    for (const [position, stack] of stacks.entries()) {
      const entry = living[position];
      if (entry !== undefined)
        result.asked.push({ id: entry.id, parent: entry.parent, stack, waiters: waiters.get(entry.id) ?? 0 });
    }
    spentMs += now() - started;
    yield;
  }
}

/** Half of them the oldest, since those are what a report is asked for; the other half spread over the rest. */
function choose(candidates: PendingPromise[], most: number): PendingPromise[] {
  if (candidates.length <= most) return candidates;
  const oldest = candidates.slice(0, most >> 1);
  const rest = candidates.length - oldest.length;
  const step = rest / (most - oldest.length);
  for (let position = 0; position < rest && oldest.length < most; position += step) {
    const candidate = candidates[(most >> 1) + Math.floor(position)];
    if (candidate !== undefined) oldest.push(candidate);
  }
  return oldest;
}

/**
 * Why a thread that was interrupted must not be asked; null when it may.
 * @param samples - promises of the thread, which show whether hooks saw them
 */
export function reasonNotToAsk(hooks: HooksWithoutPromises, samples: readonly object[]): string | null {
  if (isInsideHook()) return 'the thread was interrupted inside an async hook';
  if (hooks.canRunWithoutHooks) return null;
  return hooks.hasForeignHooks(samples) === true
    ? "the application's own promise hooks would run in the hung thread"
    : null;
}

/** The functions by which Node calls async hooks; others in the same file only run the application's callbacks. */
const DISPATCH = /^(emit(Init|Before|After|Destroy|PromiseResolve|Hook)\w*|promise\w+Hook\w*|destroyTracking)$/;

/** Whether the interrupted code below this request runs inside a hook: Node's dispatch of them, or one of ours. */
function isInsideHook(): boolean {
  const own = ownFile();
  let isBelowRequest = false;
  for (const line of captureText().split('\n')) {
    const [name = '', script = '', row = ''] = line.split('\t');
    if (script === 'node:internal/promise_hooks') return true;
    if (script === 'node:internal/async_hooks' && DISPATCH.test(name)) return true;
    if (own !== null && script === own && isBelowRequest) return true;
    // Built-ins of V8 have no line: this package calls some on its way here.
    if (script !== own && row !== '') isBelowRequest = true;
  }
  return false;
}
