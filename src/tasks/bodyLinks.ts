/**
 * Which pending promise waits for the rest of a response. Nothing leads from the promise to the stream, and the numbers tell
 * nothing: a promise is made for each piece. But the functions that made the request await it still, at a place
 * that reads a stream, and somebody reads the response. That is believed only where nothing else fits:
 * - who awaits has a name and is on the request's creation stack, and so is everybody who awaits him in turn;
 * - no other request that is being read, for something else, fits as well;
 * - no more await than responses are read;
 * - nobody else reads a stream, of whatever kind, who may have begun after the request was made.
 */
import type { WaitsFor } from '../report/types.js';
import type { AskedPromise } from './awaitChains.js';
import { readerOf, type BodyReaders, type BodyRequest, type Reading, type ReadingPlace } from './bodyReaders.js';
import { frameFields, type FrameFields } from './frameText.js';
import type { PendingPromises } from './requestLinks.js';
import type { PausableWork } from './slices.js';
import { isSameFunction } from './stackText.js';

/** Ages are known to the heartbeat. */
const AGE_ERROR_MS = 1000;

/** A chain that reads a stream. */
interface Reader {
  id: number;
  /** The functions that await, innermost first. */
  functions: FrameFields[];
  /** When it began, at the earliest; null where that is not known. */
  ageMs: number | null;
}

/** All requests for one thing whose responses are read. */
class Target {
  readonly waitsFor: WaitsFor;
  readonly functions: FrameFields[] = [];
  readonly readers: number[] = [];
  count = 0;
  promise = Infinity;
  ageMs = 0;
  isUnclear = false;

  constructor(waitsFor: WaitsFor) {
    this.waitsFor = waitsFor;
  }

  add({ promise, creation, ageMs }: BodyRequest): void {
    this.count++;
    this.promise = Math.min(this.promise, promise);
    this.ageMs = Math.max(this.ageMs, ageMs);
    for (const frame of (creation ?? '').split('\n').map(frameFields)) {
      if (!this.#has(frame)) this.functions.push(frame);
    }
  }

  /** Whether this may be read by one who began so long ago. */
  isBefore({ id, ageMs }: Reader): boolean {
    return ageMs === null ? id > this.promise : ageMs <= this.ageMs + AGE_ERROR_MS;
  }

  /** Whether the functions that made such requests are those that await. */
  isMadeBy({ functions }: Reader): boolean {
    const first = functions.findIndex((frame) => frame.name !== '<anonymous>' && this.#has(frame));
    return first >= 0 && functions.slice(first).every((frame) => this.#has(frame));
  }

  #has(frame: FrameFields): boolean {
    return this.functions.some((one) => isSameFunction(one, frame));
  }
}

/** What chains wait for, by their promise's number. */
export function* linkBodies(
  { requests, places }: BodyReaders,
  pending: PendingPromises,
): PausableWork<Map<number, WaitsFor>> {
  const links = new Map<number, WaitsFor>();
  // Those that were not asked may be what reads.
  if (requests.length === 0 || pending.unasked.length > 0) return links;
  for (const reading of ['stream', 'once'] as const) {
    const targets = targetsOf(requests, reading);
    if (targets.length === 0) continue;
    const readers = reading === 'stream' ? streamReaders(pending, places) : onceReaders(pending);
    yield;
    for (const [index, reader] of readers.entries()) {
      assign(reader, targets);
      if (index % 64 === 0) yield;
    }
    for (const { waitsFor, readers: ids, count, isUnclear } of targets) {
      if (!isUnclear && ids.length <= count) for (const id of ids) links.set(id, waitsFor);
    }
  }
  return links;
}

function targetsOf(requests: readonly BodyRequest[], reading: Reading): Target[] {
  const targets = new Map<WaitsFor, Target>();
  for (const request of requests) {
    if (!request.readings.includes(reading)) continue;
    const target = targets.get(request.waitsFor) ?? new Target(request.waitsFor);
    target.add(request);
    targets.set(request.waitsFor, target);
  }
  return [...targets.values()];
}

/** What may be read by one who belongs to none, or to one of several, is not clear. */
function assign(reader: Reader, targets: readonly Target[]): void {
  const possible = targets.filter((target) => target.isBefore(reader));
  const fitting = possible.filter((target) => target.isMadeBy(reader));
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) only.readers.push(reader.id);
  else for (const target of fitting.length > 1 ? fitting : possible) target.isUnclear = true;
}

/** Chains that await at a place that reads streams, and places that gave a callback: who gets it nobody knows. */
function streamReaders({ chains }: PendingPromises, places: readonly ReadingPlace[]): Reader[] {
  const readers: Reader[] = [];
  for (const { id, stack } of chains.asked) {
    const reader = readerOf(stack);
    const place = places.find(({ frame, isCallback }) => !isCallback && reader !== null && isAt(reader, frame));
    if (place !== undefined) readers.push({ id, functions: functionsOf(stack), ageMs: place.ageMs });
  }
  const callbacks = places.filter(({ isCallback }) => isCallback);
  return [...readers, ...callbacks.map(({ ageMs }) => ({ id: 0, functions: [], ageMs }))];
}

/** Whether what is awaited there is what was called here. */
function isAt(awaiting: FrameFields, calling: FrameFields): boolean {
  const isSameLine = isSameFunction(awaiting, calling) && awaiting.row === calling.row;
  return isSameLine && Number(awaiting.column) <= Number(calling.column);
}

/** `events.once` is a function that returns the promise it makes: so is whatever looks the same. */
function onceReaders({ chains, asked }: PendingPromises): Reader[] {
  const returned = new Set(chains.returning.values());
  const readers: Reader[] = [];
  for (const { id, stack } of chains.asked) {
    if (returned.has(id)) readers.push({ id, functions: functionsOf(stack), ageMs: null });
  }
  return [...readers, ...returnedUnseen(chains.alone, asked)];
}

/** The same where no function awaits it, or several do. */
function returnedUnseen(alone: readonly number[], asked: readonly AskedPromise[]): Reader[] {
  const unseen = asked.filter(({ parent, stack }) => parent === 0 && stack === '');
  const before = new Set([...alone, ...unseen.map(({ id }) => id)]);
  return unseen.filter(({ id }) => before.has(id - 1)).map(({ id }) => ({ id, functions: [], ageMs: null }));
}

/** Without what is Node's own. */
function functionsOf(stack: string): FrameFields[] {
  return stack
    .split('\n')
    .map(frameFields)
    .filter(({ file }) => file !== '' && !file.startsWith('node:'));
}
