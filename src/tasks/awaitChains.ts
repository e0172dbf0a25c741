/**
 * Each chain of awaiting functions counts once, by its innermost await. When `inner` waits for promise P and `outer`
 * waits for `inner()`, then P, the promise of `inner()` and the promise of `outer()` are all pending; asked for their
 * awaiters they answer `inner < outer`, `outer` and nothing. So a promise whose awaiters are `inner < outer` accounts for
 * one promise whose awaiters are `outer`: those are links, and what remains of each stack after taking off its links
 * are chains of their own. The elements of a `Promise.all` account together for its one promise.
 */
import { withoutLinks } from './chainLinks.js';
import { inBlocks, type PausableWork } from './slices.js';
import { isCombinator } from './stackText.js';

/** A pending promise that was asked: `stack` is the text of its awaiters, innermost first (see `frameText.ts`). */
export interface AskedPromise {
  id: number;
  /** The promise it was derived from; 0 for none. */
  parent: number;
  stack: string;
  /** How many `then` and `await` were called on it and are pending. */
  waiters: number;
  /** The number of the first promise that was derived from it and is pending; 0 where there is none, or none is known. */
  derived: number;
}

/** A promise that was asked, or the number of one that nobody waits for, which needs no question. */
type Candidate = AskedPromise | number;

/** Of the promises with one stack: those that no chain accounts for yet, and the chains that found none of them yet. */
class Level {
  readonly open: Candidate[] = [];
  owed = 0;

  offer(promise: Candidate): void {
    if (this.owed === 0) this.open.push(promise);
    else this.owed--;
  }

  claim(): void {
    if (this.open.pop() === undefined) this.owed++;
  }
}

/** The promises that stand for a chain, each oldest first. */
export interface Chains {
  asked: AskedPromise[];
  /** The numbers of those that nobody waits for. */
  alone: number[];
  /** Promises that another one stands for, by their numbers: who awaits that awaits them. */
  returning: ReadonlyMap<number, number>;
}

/** Promises looked at between two looks at the clock. */
const LOOKED_AT = 512;

/**
 * The promises that stand for a chain. `asked` and `alone` are in the order of the numbers: an async function's promise
 * is made before what the function waits for, so a chain takes the youngest link that is older than itself.
 * @param alone - the numbers of promises that nobody waits for, as far as they are not in `asked`
 * @param isPending - tells it of a promise's number
 */
export function* innermost(
  asked: readonly AskedPromise[],
  alone: readonly number[],
  isPending: (id: number) => boolean,
): PausableWork<Chains> {
  const last = new Level();
  const levels = new Map<string, Level>([['', last]]);
  const combined = new Map<string, number>();
  const { kept, returning } = withoutLinks(asked, alone, isPending);
  const chains: Chains = { asked: [], alone: [], returning };
  let next = 0;
  for (const promise of kept) {
    next = yield* offerUpTo(promise.id, alone, next, last);
    if (isShared(promise)) {
      last.owed += promise.waiters;
      chains.asked.push(promise);
    } else {
      levelOf(promise.stack, levels).offer(promise);
      const rest = accountsFor(promise.stack, combined);
      if (rest !== null) levelOf(rest, levels).claim();
    }
  }
  yield* offerUpTo(Infinity, alone, next, last);
  for (const level of levels.values()) yield* addOpen(level, chains);
  chains.asked.sort((one, other) => one.id - other.id);
  return chains;
}

function levelOf(stack: string, levels: Map<string, Level>): Level {
  const level = levels.get(stack) ?? new Level();
  levels.set(stack, level);
  return level;
}

/** Offers the numbers below `id`, from the position `next` on; returns the position after them. */
function* offerUpTo(id: number, alone: readonly number[], next: number, level: Level): PausableWork<number> {
  let position = next;
  for (; position < alone.length; position++) {
    const number = alone[position] ?? 0;
    if (number > id) break;
    level.offer(number);
    if (position % LOOKED_AT === 0) yield;
  }
  return position;
}

/** What no chain accounts for; of those that are owed still, the youngest are links. */
function addOpen({ open, owed }: Level, { asked, alone }: Chains): PausableWork<void> {
  return inBlocks(open.length - owed, (from, to) => {
    for (let position = from; position < to; position++) {
      const promise = open[position];
      if (typeof promise === 'number') alone.push(promise);
      else if (promise !== undefined) asked.push(promise);
    }
  });
}

/** The stack of the link that a promise with this stack accounts for; null when it accounts for none. */
function accountsFor(stack: string, combined: Map<string, number>): string | null {
  if (stack === '') return null;
  const end = stack.indexOf('\n');
  const first = end < 0 ? stack : stack.slice(0, end);
  const rest = end < 0 ? '' : stack.slice(end + 1);
  return isCombinator(first) && !isFirstElement(combined, first, rest) ? null : rest;
}

/** Of the elements of equal combinators the most frequent index tells how many combinators there are. */
function isFirstElement(combined: Map<string, number>, first: string, rest: string): boolean {
  const element = `${first}\n${rest}`;
  const combinator = `${first.slice(0, first.lastIndexOf('#'))}\n${rest}`;
  const count = (combined.get(element) ?? 0) + 1;
  combined.set(element, count);
  if (count <= (combined.get(combinator) ?? 0)) return false;
  combined.set(combinator, count);
  return true;
}

/** Several functions or callbacks wait for it, and V8 tells none of them. */
export function isShared(promise: AskedPromise): boolean {
  return promise.stack === '' && promise.waiters > 1;
}
