/**
 * Promises that are pending only because another one is: none of them is a task of its own.
 * - What `then` derived has the awaiters of the promise it was derived from.
 * - `await` makes a promise for a value that is none but has a `then`. It is derived from the promise of the function
 *   that awaits, which no other derived promise of that function has as its awaiter.
 * - An async function that returns a promise (`async () => fetch(url)`, `events.once`) has a promise of its own beside
 *   it, with the same awaiters. V8 does not tell that one was resolved with the other; the numbers do: in one go the
 *   function's promise is made, then the one it returns, and only then its caller awaits.
 */
import type { AskedPromise } from './awaitChains.js';
import { isCombinator } from './stackText.js';

/** A function that returns the promise of one that returns a promise: longer runs are something else. */
const RUN_MAX = 3;

export interface WithoutLinks {
  /** The promises that are none, oldest first. */
  kept: AskedPromise[];
  /** Functions' promises, with the number of the promise that stands for each. */
  returning: Map<number, number>;
}

/** Both lists are in the order of the numbers. */
export function withoutLinks(
  asked: readonly AskedPromise[],
  alone: readonly number[],
  isPending: (id: number) => boolean,
): WithoutLinks {
  const roots = new Roots(asked, alone);
  const returning = new Map<number, number>();
  for (let from = 0, to = 0; from < asked.length; from = to) {
    to = endOfRun(asked, from);
    const run = asked.slice(from, to);
    const last = run.pop();
    if (last === undefined || !areReturning(run, last, roots)) continue;
    for (const { id } of run) returning.set(id, last.id);
  }
  const kept = returning.size === 0 ? asked : asked.filter(({ id }) => !returning.has(id));
  return { kept: withoutDerived(kept, isPending), returning };
}

/** The numbers of what was derived from nothing, by who awaits it. */
class Roots {
  readonly #byStack = new Map<string, number[]>();
  readonly #alone: readonly number[];

  constructor(asked: readonly AskedPromise[], alone: readonly number[]) {
    this.#alone = alone;
    for (const { id, parent, stack } of asked) {
      if (parent !== 0) continue;
      const ids = this.#byStack.get(stack);
      if (ids === undefined) this.#byStack.set(stack, [id]);
      else ids.push(id);
    }
  }

  /** Whether there is one between two numbers. */
  isBetween(stack: string, from: number, to: number): boolean {
    if (stack === '' && isBetween(this.#alone, from, to)) return true;
    return isBetween(this.#byStack.get(stack) ?? [], from, to);
  }
}

/** The position after the promises that were made one after the other from this one on and have one awaiter. */
function endOfRun(asked: readonly AskedPromise[], from: number): number {
  let to = from + 1;
  for (; to < asked.length; to++) {
    const [last, next] = [asked[to - 1], asked[to]];
    if (last === undefined || next === undefined || next.id !== last.id + 1 || next.stack !== last.stack) break;
    if (next.stack === '' || last.parent !== 0 || next.parent !== 0) break;
  }
  return to;
}

/**
 * Whether each was resolved with the promise made next: all were made before anybody awaited one. Several calls of
 * the awaiting function may look the same where it awaits what it was given: but then the promise of such a call lies in
 * between, or there are more of them.
 */
function areReturning(run: readonly AskedPromise[], last: AskedPromise, roots: Roots): boolean {
  const [first] = run;
  if (first === undefined || run.length >= RUN_MAX) return false;
  if (run.some(({ waiters, derived }) => waiters !== 1 || derived < last.id)) return false;
  const { id, stack, derived } = first;
  return !roots.isBetween(stack, last.id, derived) && !roots.isBetween(callOf(stack), id, derived);
}

/** The stack of the promise of the call that awaits. */
function callOf(stack: string): string {
  const lines = stack.split('\n');
  const awaiter = lines.findIndex((line) => !isCombinator(line));
  return awaiter < 0 ? '' : lines.slice(awaiter + 1).join('\n');
}

/**
 * Drops what was derived: by `then` from a pending promise, whose awaiters are found through it; by `then` from a settled
 * one whose callback returned another pending promise with the same awaiters, and by `await` for a value whose `then`
 * made such a promise. What remains of the latter two waits for a thenable.
 */
function withoutDerived(asked: readonly AskedPromise[], isPending: (id: number) => boolean): AskedPromise[] {
  const stacks = new Map<number, string>();
  const roots = new Map<string, number>();
  for (const { id, parent, stack } of asked) {
    stacks.set(id, stack);
    if (parent === 0) roots.set(stack, (roots.get(stack) ?? 0) + 1);
  }
  const wrappers = wrappersIn(asked, stacks);
  const kept = asked.filter((promise) => {
    const { parent, stack } = promise;
    if (parent === 0) return true;
    if (stack === '') return false;
    if (isPending(parent) && wrappers.get(parent) !== promise) return stacks.get(parent) !== stack;
    const left = roots.get(stack) ?? 0;
    roots.set(stack, left - 1);
    return left <= 0;
  });
  // Its own function is no waiter of that function's promise.
  return kept.map((promise) => (wrappers.has(promise.id) ? { ...promise, waiters: promise.waiters - 1 } : promise));
}

/** What `await` made for a value that is no promise, by the promise of the function: that awaits one thing at a time. */
function wrappersIn(
  asked: readonly AskedPromise[],
  stacks: ReadonlyMap<number, string>,
): ReadonlyMap<number, AskedPromise> {
  const found = new Map<number, AskedPromise | null>();
  for (const promise of asked) {
    const { parent, stack } = promise;
    if (parent <= 0 || stack === '' || stacks.get(parent) !== withoutFirst(stack)) continue;
    found.set(parent, found.has(parent) ? null : promise);
  }
  return new Map([...found].filter((entry): entry is [number, AskedPromise] => entry[1] !== null));
}

function withoutFirst(stack: string): string {
  const end = stack.indexOf('\n');
  return end < 0 ? '' : stack.slice(end + 1);
}

/** Whether one of the ascending numbers lies between two others. */
function isBetween(ids: readonly number[], from: number, to: number): boolean {
  return (ids[indexAfter(ids, from)] ?? Infinity) < to;
}

/** The index of the first number that is greater than `id`. */
function indexAfter(ids: readonly number[], id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ids[middle] ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
