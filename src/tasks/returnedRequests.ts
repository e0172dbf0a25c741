/**
 * Of an async function that returns the promise of a request (`async () => fetch(url)`) two promises have one awaiter: its
 * own and the one it returned. Where a request stands between them, its creation stack tells more than the
 * numbers do (`chainLinks.ts`): what waits for it was made in a call of the awaiting function, or in a job that this one waits for.
 */
import type { AskedPromise } from './awaitChains.js';
import { frameFields } from './frameText.js';
import { UNKNOWN_PARENT } from './promiseRing.js';
import { awaiterOf, isSameFunction } from './stackText.js';

/** `fetch` makes some promises before the one it returns. */
const NUMBERS_BETWEEN = 40;

/** How what waits for a request came to be: in a call by the function that awaits, or in a job that this one waits for. */
type Making = 'called' | 'job';

/**
 * The numbers of chains that are promises of such functions.
 * @param made - the creation stacks of the requests that chains wait for, by the numbers of the chains
 * @param chains - sorted by number
 */
export function returningOf(
  made: ReadonlyMap<number, string>,
  chains: readonly AskedPromise[],
  asked: readonly AskedPromise[],
): Set<number> {
  const found = new Set<number>();
  if (made.size === 0) return found;
  // A `.then` callback is such a job as well, and returns to no function's promise.
  const ofCallbacks = new Set(asked.filter(({ parent }) => parent === UNKNOWN_PARENT).map(({ stack }) => stack));
  const open = new Map<string, AskedPromise[]>();
  for (const chain of chains) {
    const older = open.get(chain.stack) ?? [];
    open.set(chain.stack, older);
    const creation = made.get(chain.id);
    if (creation === undefined) {
      if (chain.parent === 0) older.push(chain);
      continue;
    }
    const making = makingOf(creation, chain.stack);
    const returning = older.at(-1);
    if (returning === undefined || making === null || (making === 'job' && ofCallbacks.has(chain.stack))) continue;
    if (!isReturning(returning, chain, making)) continue;
    older.pop();
    found.add(returning.id);
  }
  return found;
}

/** An awaiting function that calls awaits when the call has returned; one that waits for a job awaits already. */
function isReturning(promise: AskedPromise, returned: AskedPromise, making: Making): boolean {
  if (making === 'job') return promise.derived > 0 && promise.derived < returned.id;
  return promise.derived > returned.id && returned.id - promise.id <= NUMBERS_BETWEEN;
}

function makingOf(creation: string, stack: string): Making | null {
  const lines = creation.split('\n');
  const awaiter = awaiterOf(stack);
  const isCalled = lines.map(frameFields).some((frame) => isSameFunction(frame, awaiter) && !frame.flags.includes('a'));
  if (isCalled) return 'called';
  const awaits = lines.filter((line) => /\t(?:a|#\d+)$/.test(line));
  return awaits.join('\n') === stack ? 'job' : null;
}
