/**
 * Which pending promise waits for which request. Nothing in V8 tells what will settle a promise; but `fetch` and all wrappers
 * with `new Promise((resolve) => http.get(url, resolve))` make the promise a moment before the request, in one
 * go. So of the promises that are no older than a few numbers the youngest is taken, and believed only when the
 * request's creation stack shows that the function which awaits it called what made both.
 */
import type { WaitsFor } from '../report/types.js';
import { firstAfter } from './keptPromises.js';
import { inBlocks, type PausableWork } from './slices.js';

/** `fetch` makes some promises of its own in between, more for a body. */
const NUMBERS_BETWEEN = 40;

interface Chain {
  id: number;
  /** The text of its await stack (see `frameText.ts`). */
  stack: string;
}

interface Request {
  record: { promise: number; creation(): string | null };
  waitsFor: WaitsFor;
}

/**
 * What chains wait for, by their promise's number.
 * @param chains - sorted by it
 * @param others - sorted numbers of pending promises of which nobody knows who awaits them
 */
export function* linkRequests(
  requests: readonly Request[],
  chains: readonly Chain[],
  others: readonly (readonly number[])[],
): PausableWork<Map<number, WaitsFor>> {
  const links = new Map<number, WaitsFor>();
  if (requests.length === 0) return links;
  const known = yield* nearRequests(requests, chains, others);
  const believed = new Set<string>();
  const candidates: { id: number; waitsFor: WaitsFor; key: string }[] = [];
  for (const [index, { record, waitsFor }] of requests.entries()) {
    for (const chain of nearest(record.promise, known)) {
      const key = `${waitsFor.kind}\0${waitsFor.what}\0${chain.stack}`;
      candidates.push({ id: chain.id, waitsFor, key });
      if (!believed.has(key) && isMadeBy(record.creation() ?? '', chain.stack)) believed.add(key);
    }
    if (index % 64 === 0) yield;
  }
  // Creation stacks are taken of some requests only: what holds for one of equal request and await holds for the others.
  for (const { id, waitsFor, key } of candidates) if (believed.has(key)) links.set(id, waitsFor);
  return links;
}

/** Of all the promises those that are near enough to a request, sorted by their number: few, where a hundred thousand pend. */
function* nearRequests(
  requests: readonly Request[],
  chains: readonly Chain[],
  others: readonly (readonly number[])[],
): PausableWork<Chain[]> {
  const numbers = Float64Array.from(requests, ({ record }) => record.promise).sort();
  const isNear = (id: number): boolean =>
    (numbers[firstAfter(numbers, 0, numbers.length, id - 1)] ?? Infinity) - id <= NUMBERS_BETWEEN;
  const near = chains.filter(({ id }) => isNear(id));
  for (const ids of others) {
    yield* inBlocks(ids.length, (from, to) => {
      for (const id of ids.slice(from, to)) if (isNear(id)) near.push({ id, stack: '' });
    });
  }
  return near.sort((one, other) => one.id - other.id);
}

/** The youngest chain that is no younger than the request, and what an HTTP client awaits inside itself before that. */
function nearest(promise: number, chains: readonly Chain[]): Chain[] {
  const found: Chain[] = [];
  for (let index = lastUpTo(promise, chains); index >= 0; index--) {
    const chain = chains[index];
    if (chain === undefined || promise - chain.id > NUMBERS_BETWEEN || chain.stack === '') break;
    found.push(chain);
    if (!isInsideClient(chain.stack)) break;
  }
  return found;
}

function lastUpTo(id: number, chains: readonly Chain[]): number {
  let low = 0;
  let high = chains.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((chains[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** Whether the innermost function that awaits is on the creation stack, above it what made the promise. */
function isMadeBy(creation: string, stack: string): boolean {
  const [awaiter = ''] = stack.split('\n', 1);
  const [name, script] = awaiter.split('\t');
  let isPromiseMade = false;
  for (const line of creation.split('\n')) {
    const [function_ = '', file = '', , , flags = ''] = line.split('\t');
    if (isPromiseMade && function_ === name && file === script) return true;
    isPromiseMade ||= function_ === 'fetch' || (function_ === 'Promise' && flags.includes('n'));
  }
  return false;
}

function isInsideClient(stack: string): boolean {
  const [, script = ''] = stack.split('\t', 2);
  return /^node:internal\/deps\/|[\\/]undici[\\/]lib[\\/]/.test(script);
}
