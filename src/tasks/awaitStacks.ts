/**
 * Where every pending promise is awaited, asked at the moment of need (`realmSource.ts` tells how). Asking costs 10 to
 * 30 us a promise and runs a reaction job for each, in a microtask queue of its own; hooks of the application would see
 * those jobs, so the questions are put with no hooks in place where that is possible, and left out where it is not.
 */
import type { SnapshotRequest } from '../protocol.js';
import type { AskedPromise } from './awaitChains.js';
import { monotonicMs } from './clock.js';
import { listPending, ROOT, type PendingList } from './pendingList.js';
import type { PromiseWatch } from './promises.js';
import { askAwaitStacks, captureText, isOwnFile } from './realm.js';
import { inBlocks, type PausableWork } from './slices.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

/** Questions put between two looks at the clock. */
const BATCH = 16;

/** How long a hung thread looks for promises that were collected, which is half of the work where very many are pending. */
const LOOK_MS = 50;

/** The share of the time for listing that is taken off the time for questions, and what is left of the latter at least. */
const LISTING_SHARE = 0.25;
const LEFT_SHARE = 0.5;

export interface AskedPromises {
  /** Those that something waits for, oldest first. */
  asked: AskedPromise[];
  /** The numbers of those that nobody waits for, oldest first: they need no question. */
  alone: number[];
  /** The numbers of pending promises that may be chains of their own and were not asked, oldest first. */
  unasked: number[];
  /** How many may have been collected: nobody looked. */
  unlooked: number;
  /** Why some were not asked; null when all were. */
  why: string | null;
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
  const started = monotonicMs();
  const isAtOnce = limits.lane === 'inspector';
  const list = yield* listPending(watch, isAtOnce ? LOOK_MS : Infinity);
  const isPending = isAtOnce ? (): boolean => true : (id: number): boolean => watch.isKnown(id);
  const why = isAtOnce ? reasonNotToAsk(hooks, watch.samples()) : null;
  const result: AskedPromises = { asked: [], alone: [], unasked: [], unlooked: list.unlooked, why };
  const candidates: number[] = [];
  yield* inBlocks(list.length, (from, to) => {
    for (let position = from; position < to; position++) {
      if ((list.waiters[position] ?? 0) > 0) candidates.push(position);
      else if (list.parents[position] === ROOT) {
        // What `await` makes for itself is derived, and nothing waits for it; of others nobody needs to be asked.
        const id = list.ids[position] ?? 0;
        if (isPending(id)) result.alone.push(id);
      }
    }
  });
  const chosen = why === null ? choose(candidates, limits.placesMax) : [];
  if (chosen.length < candidates.length) result.why ??= `limit of ${limits.placesMax} promises`;
  const placesMs = isAtOnce ? whatIsLeft(limits.placesMs, monotonicMs() - started) : limits.placesMs;
  yield* askChosen(chosen, list, watch, hooks, placesMs, result);
  let next = 0;
  yield* inBlocks(candidates.length, (from, to) => {
    for (let index = from; index < to; index++) {
      const id = list.ids[candidates[index] ?? 0] ?? 0;
      if (result.asked[next]?.id === id) next++;
      else if (isPending(id)) result.unasked.push(id);
    }
  });
  return result;
}

/** A hung thread answers at once: its counts and ages must come in time, and places are what is left out. */
function whatIsLeft(placesMs: number, listingMs: number): number {
  return Math.max(placesMs * LEFT_SHARE, placesMs - listingMs * LISTING_SHARE);
}

function* askChosen(
  chosen: readonly number[],
  list: PendingList,
  watch: PromiseWatch,
  hooks: HooksWithoutPromises,
  placesMs: number,
  result: AskedPromises,
): PausableWork<void> {
  let spentMs = 0;
  for (let index = 0; index < chosen.length; index += BATCH) {
    if (spentMs >= placesMs) {
      result.why = `limit of ${Math.round(placesMs)} ms`;
      return;
    }
    const started = monotonicMs();
    const batch = chosen.slice(index, index + BATCH).map((position) => {
      const id = list.ids[position] ?? 0;
      return { id, position, promise: watch.find(id) };
    });
    const living = batch.filter((entry): entry is typeof entry & { promise: object } => entry.promise !== undefined);
    const stacks = watch.own.run(() =>
      hooks.withoutAnyHooks(() => askAwaitStacks(living.map(({ promise }) => promise))),
    );
    for (const [answer, stack] of stacks.entries()) {
      const entry = living[answer];
      if (entry !== undefined) result.asked.push({ ...list.describe(entry.position), stack });
    }
    spentMs += monotonicMs() - started;
    yield;
  }
}

/** Half of them the oldest, since those are what a report is asked for; the other half spread over the rest. In order. */
function choose(candidates: readonly number[], most: number): number[] {
  if (candidates.length <= most) return [...candidates];
  const oldest = candidates.slice(0, most >> 1);
  const rest = candidates.length - oldest.length;
  const step = rest / (most - oldest.length);
  for (let offset = 0; offset < rest && oldest.length < most; offset += step) {
    const candidate = candidates[(most >> 1) + Math.floor(offset)];
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
  let isBelowRequest = false;
  for (const line of captureText().split('\n')) {
    const [name = '', script = '', row = ''] = line.split('\t');
    if (script === 'node:internal/promise_hooks') return true;
    if (script === 'node:internal/async_hooks' && DISPATCH.test(name)) return true;
    const isOwn = isOwnFile(script);
    if (isOwn && isBelowRequest) return true;
    // Built-ins of V8 have no line: this package calls some on its way here.
    if (!isOwn && row !== '') isBelowRequest = true;
  }
  return false;
}
