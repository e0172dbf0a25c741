/**
 * Each chain of awaiting functions counts once, by its innermost await. When `inner` waits for promise P and `outer`
 * waits for `inner()`, then P, the promise of `inner()` and the promise of `outer()` are all pending; asked for their
 * awaiters they answer `inner < outer`, `outer` and nothing. So a promise whose awaiters are `inner < outer` accounts for
 * one promise whose awaiters are `outer`: those are links, and what remains of each stack after taking off its links
 * are chains of their own. The elements of a `Promise.all` account together for its one promise.
 */

/** A pending promise that was asked: `stack` is the text of its awaiters, innermost first (see `frameText.ts`). */
export interface AskedPromise {
  id: number;
  /** The promise it was derived from; 0 for none. */
  parent: number;
  stack: string;
  /** How many `then` and `await` were called on it and are pending. */
  waiters: number;
}

/** Of the promises with one stack: those that no chain accounts for yet, and the chains that found none of them yet. */
interface Level {
  open: AskedPromise[];
  owed: number;
}

/**
 * The promises that stand for a chain, oldest first. `asked` is in the order of the numbers: an async function's promise
 * is made before what the function waits for, so a chain takes the youngest link that is older than itself.
 * @param isPending - tells it of a promise's number
 */
export function innermost(asked: readonly AskedPromise[], isPending: (id: number) => boolean): AskedPromise[] {
  const levels = new Map<string, Level>();
  const combined = new Map<string, number>();
  const links = new Set<AskedPromise>();
  const candidates = withoutDerived(asked, isPending);
  const levelOf = (stack: string): Level => {
    const level = levels.get(stack) ?? { open: [], owed: 0 };
    levels.set(stack, level);
    return level;
  };
  for (const promise of candidates) {
    if (isShared(promise)) levelOf('').owed += promise.waiters;
    else {
      offer(levelOf(promise.stack), promise, links);
      const rest = accountsFor(promise.stack, combined);
      if (rest !== null) claim(levelOf(rest), links);
    }
  }
  for (const { open, owed } of levels.values()) {
    if (owed > 0) for (const promise of open.slice(-owed)) links.add(promise);
  }
  return candidates.filter((promise) => !links.has(promise));
}

function offer(level: Level, promise: AskedPromise, links: Set<AskedPromise>): void {
  if (level.owed === 0) {
    level.open.push(promise);
    return;
  }
  level.owed--;
  links.add(promise);
}

function claim(level: Level, links: Set<AskedPromise>): void {
  const link = level.open.pop();
  if (link === undefined) level.owed++;
  else links.add(link);
}

/** The stack of the link that a promise with this stack accounts for; null when it accounts for none. */
function accountsFor(stack: string, combined: Map<string, number>): string | null {
  if (stack === '') return null;
  const end = stack.indexOf('\n');
  const first = end < 0 ? stack : stack.slice(0, end);
  const rest = end < 0 ? '' : stack.slice(end + 1);
  return /\t#\d+$/.test(first) && !isFirstElement(combined, first, rest) ? null : rest;
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

/**
 * Drops what `then` derived: from a pending promise, whose awaiters are found through it; and from a settled one whose
 * callback returned another pending promise with the same awaiters. What remains of the latter waits for a thenable.
 */
function withoutDerived(asked: readonly AskedPromise[], isPending: (id: number) => boolean): AskedPromise[] {
  const stacks = new Map<number, string>();
  const roots = new Map<string, number>();
  for (const { id, parent, stack } of asked) {
    stacks.set(id, stack);
    if (parent === 0) roots.set(stack, (roots.get(stack) ?? 0) + 1);
  }
  return asked.filter(({ parent, stack }) => {
    if (parent === 0) return true;
    if (stack === '') return false;
    if (isPending(parent)) return stacks.get(parent) !== stack;
    const left = roots.get(stack) ?? 0;
    roots.set(stack, left - 1);
    return left <= 0;
  });
}
