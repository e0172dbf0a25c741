/**
 * Which pending promise waits for which request. Nothing in V8 tells what will settle a promise, so three things must
 * agree: their numbers, the request's creation stack, and who awaits the promise.
 * - `fetch` and all wrappers with `new Promise((resolve) => http.get(url, resolve))` make the promise a moment before the
 *   request, in one go: the youngest of the promises that are a few numbers older at most is taken, and believed when the
 *   creation stack leads from the function that awaits it through what made the promise to the request.
 * - `events.once(request, 'response')` makes its promises just after the request, and leaves its listener on it.
 * Where two requests fit one promise, none is linked.
 */
import type { WaitsFor } from '../report/types.js';
import type { AskedPromise, Chains } from './awaitChains.js';
import { frameFields, type FrameFields } from './frameText.js';
import { firstAfter } from './keptPromises.js';
import { isAwaitedByOnce } from './listeners.js';
import { isListenedTo, isUnanswered } from './requestAnswers.js';
import { returningOf } from './returnedRequests.js';
import { inBlocks, type PausableWork } from './slices.js';
import { awaiterOf, isClient, isCombinator, isInsideClient, isSameFunction } from './stackText.js';

/** `fetch` makes some promises of its own in between, more for a body. */
const NUMBERS_BETWEEN = 40;

/** `events.once` makes two promises. */
const NUMBERS_AFTER = 2;

/** A pending promise: `stack` is empty where nobody knows who awaits it, `listed` the number of the one that stands for it. */
interface Known {
  id: number;
  stack: string;
  listed: number;
}

export interface LinkedRequest {
  record: { promise: number; creation(): string | null; deref(): object | undefined };
  waitsFor: WaitsFor;
}

/** What is pending, each list in the order of the numbers. */
export interface PendingPromises {
  chains: Chains;
  /** Those of which the chains were chosen. */
  asked: readonly AskedPromise[];
  /** Those of which nobody knows who awaits them. */
  unasked: readonly number[];
}

export interface RequestLinks {
  /** What chains wait for, by their promise's number. */
  waits: Map<number, WaitsFor>;
  /** The numbers of chains that are links of those: promises of functions that returned the promise of a request. */
  returning: Set<number>;
}

interface Candidate {
  listed: number;
  waitsFor: WaitsFor;
  /** Equal where the same code made the request and awaits it. */
  key: string;
  isProven: (creation: string) => boolean;
}

export function* linkRequests(
  requests: readonly LinkedRequest[],
  pending: PendingPromises,
): PausableWork<RequestLinks> {
  if (requests.length === 0) return { waits: new Map(), returning: new Set() };
  const known = yield* nearRequests(requests, pending);
  const proofs = new Map<string, string>();
  const candidates: Candidate[] = [];
  for (const [index, request] of requests.entries()) {
    const creation = request.record.creation() ?? '';
    for (const candidate of candidatesFor(request, known)) {
      candidates.push(candidate);
      if (!proofs.has(candidate.key) && candidate.isProven(creation)) proofs.set(candidate.key, creation);
    }
    if (index % 64 === 0) yield;
  }
  // Creation stacks are taken of some requests only: what holds for one of equal request and await holds for the others.
  const linked = unambiguous(candidates.filter(({ key }) => proofs.has(key)));
  const made = new Map(linked.map(({ listed, key }) => [listed, proofs.get(key) ?? '']));
  return {
    waits: new Map(linked.map(({ listed, waitsFor }) => [listed, waitsFor])),
    returning: returningOf(made, pending.chains.asked, pending.asked),
  };
}

/** Of all the promises those that are near enough to a request, sorted by their number: few, where a hundred thousand pend. */
function* nearRequests(
  requests: readonly LinkedRequest[],
  { chains, asked, unasked }: PendingPromises,
): PausableWork<Known[]> {
  const numbers = Float64Array.from(requests, ({ record }) => record.promise).sort();
  const isNear = (id: number): boolean =>
    (numbers[firstAfter(numbers, 0, numbers.length, id - NUMBERS_AFTER - 1)] ?? Infinity) - id <= NUMBERS_BETWEEN;
  const near: Known[] = [];
  for (const { id, stack } of chains.asked) if (isNear(id)) near.push({ id, stack, listed: id });
  for (const { id, stack } of chains.returning.size === 0 ? [] : asked) {
    const listed = chains.returning.get(id);
    if (listed !== undefined && isNear(id)) near.push({ id, stack, listed });
  }
  for (const ids of [chains.alone, unasked]) {
    yield* inBlocks(ids.length, (from, to) => {
      for (const id of ids.slice(from, to)) if (isNear(id)) near.push({ id, stack: '', listed: id });
    });
  }
  return near.sort((one, other) => one.id - other.id);
}

function* candidatesFor({ record, waitsFor }: LinkedRequest, known: readonly Known[]): Generator<Candidate> {
  const { promise } = record;
  const of = ({ id, stack, listed }: Known, isProven: Candidate['isProven']): Candidate => {
    return { listed, waitsFor, key: [waitsFor.kind, waitsFor.what, promise - id, stack].join('\0'), isProven };
  };
  const last = lastUpTo(promise, known);
  let isInsideNext = false;
  for (const one of olderThan(promise, last, known)) {
    const isNext: boolean = one.id === promise || isInsideNext;
    isInsideNext ||= isNext && isInsideClient(one.stack);
    yield of(one, (creation) => isListenedTo(record.deref()) && isMadeBy(creation, one.stack, isNext, record));
  }
  const after = known[last + 1];
  if (after === undefined || after.id > promise + NUMBERS_AFTER || after.stack === '') return;
  yield of(after, (creation) => isAwaitedByOnce(record.deref()) && isCalledBy(creation, after.stack));
}

/** The youngest chain that is no younger than the request, and what an HTTP client awaits inside itself before that. */
function* olderThan(promise: number, last: number, chains: readonly Known[]): Generator<Known> {
  for (let index = last; index >= 0; index--) {
    const chain = chains[index];
    if (chain === undefined || promise - chain.id > NUMBERS_BETWEEN || chain.stack === '') return;
    yield chain;
    if (!isInsideClient(chain.stack)) return;
  }
}

function lastUpTo(id: number, chains: readonly Known[]): number {
  let low = 0;
  let high = chains.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((chains[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** Without those that wait for several things. */
function unambiguous(candidates: readonly Candidate[]): Candidate[] {
  const found = new Map<number, WaitsFor | null>();
  for (const { listed, waitsFor } of candidates) {
    found.set(listed, found.has(listed) && found.get(listed) !== waitsFor ? null : waitsFor);
  }
  return candidates.filter(({ listed }) => found.get(listed) !== null);
}

/**
 * Whether the innermost function that awaits is on the creation stack, above it what made the promise. Other promises may
 * have been made and settled between an older one and the request, that of the request too. Not where `isNext`: nothing
 * was made in between, or only what a client that waits for an answer made. Else the `await` must be the one that called
 * what made it; and where it awaits several things, or waited before the call, the request must be without an answer.
 */
function isMadeBy(creation: string, stack: string, isNext: boolean, record: LinkedRequest['record']): boolean {
  const awaiter = awaiterOf(stack);
  let maker: Maker | null = null;
  for (const frame of creation.split('\n').map(frameFields)) {
    if (maker !== null && isSameFunction(frame, awaiter)) {
      if (isNext) return true;
      const mayBeNext = maker === 'constructor' && !isInsideClient(stack) && isSameStatement(frame, awaiter);
      if (mayBeNext && (isOnlyCall(frame, stack) || isUnanswered(record.deref()))) return true;
    }
    maker = makerOf(frame) ?? maker;
  }
  return false;
}

type Maker = 'fetch' | 'constructor';

/** What makes a promise just before the request: an application may call a function of its own `fetch`. */
function makerOf({ name, file, flags }: FrameFields): Maker | null {
  if (name === 'Promise' && flags.includes('n')) return 'constructor';
  return name === 'fetch' && (file.startsWith('node:') || isClient(file)) ? 'fetch' : null;
}

/** Whether what is called in this frame is all that is awaited there. */
function isOnlyCall(frame: FrameFields, stack: string): boolean {
  return !frame.flags.includes('a') && !isCombinator(stack.split('\n', 1)[0] ?? '');
}

/** Whether the innermost function that awaits called what made the request, and went on to this `await` in one go. */
function isCalledBy(creation: string, stack: string): boolean {
  const awaiter = awaiterOf(stack);
  return creation
    .split('\n')
    .map(frameFields)
    .some((frame) => !frame.flags.includes('a') && isSameFunction(frame, awaiter));
}

/** Whether `frame`, which calls or awaits, stands in the `await` of `awaiter`: code may be in a single line. */
function isSameStatement(frame: FrameFields, awaiter: FrameFields): boolean {
  const [at, since] = [Number(frame.column), Number(awaiter.column)];
  return frame.row === awaiter.row && (frame.flags.includes('a') ? at === since : at >= since);
}
