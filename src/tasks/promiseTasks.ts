/** Puts the pending promises of a thread into groups: chains by their innermost await, and what nobody awaits. */
import type { SnapshotRequest } from '../protocol.js';
import type { WaitsFor } from '../report/types.js';
import { innermost, isShared, type AskedPromise, type Chains } from './awaitChains.js';
import { askPending } from './awaitStacks.js';
import type { Ages } from './ages.js';
import { linkBodies } from './bodyLinks.js';
import type { BodyReaders } from './bodyReaders.js';
import { monotonicMs } from './clock.js';
import { decodeFrames } from './frameText.js';
import type { GroupShape, TaskGroups } from './groups.js';
import type { PromiseWatch } from './promises.js';
import { isOwnFile } from './realm.js';
import { linkRequests, type RequestLinks } from './requestLinks.js';
import type { ListedRequest } from './requestTasks.js';
import { inBlocks, type PausableWork } from './slices.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

const NOTES = {
  shared: 'several functions or callbacks wait for one promise: V8 tells none of them',
  callback: 'a .then callback waits for it, no async function',
  alone: 'no async function waits for it',
};

type Limits = Pick<SnapshotRequest, 'lane' | 'placesMax' | 'placesMs'>;

export interface PromiseSource {
  watch: PromiseWatch;
  ages: Ages;
  hooks: HooksWithoutPromises;
}

/** Chains with a stack that are added to groups between two looks at the clock. */
const ADDED = 64;

/** What is known of requests in flight: what promises may wait for. */
export interface RequestSource {
  listed: readonly ListedRequest[];
  readers: BodyReaders;
}

/** Adds to `groups`; returns how many were asked for their place, and a line when some were not. */
export function* addPromises(
  source: PromiseSource,
  limits: Limits,
  requests: RequestSource,
  groups: TaskGroups,
): PausableWork<{ placesRead: number; notRead: string[] }> {
  const found = yield* askPending(source.watch, source.hooks, limits);
  const { unasked, unlooked, why } = found;
  const at = monotonicMs();
  const chains = yield* innermost(found.asked, found.alone, (id) => source.watch.isKnown(id));
  // What was not asked stands between a request and older promises all the same.
  const pending = { chains, asked: found.asked, unasked };
  const links = yield* linkRequests(requests.listed, pending);
  for (const [id, waitsFor] of yield* linkBodies(requests.readers, pending)) {
    if (!links.waits.has(id)) links.waits.set(id, waitsFor);
  }
  yield* addChains(source, chains, links, at, groups);
  yield* addUnasked(source, unasked, `place not read: ${why ?? 'unknown reason'}`, at, groups);
  const notRead: string[] = [];
  if (unasked.length > 0) notRead.push(`places of ${unasked.length} pending promises not read: ${why}`);
  if (unlooked > 0) notRead.push(`${unlooked} promises count as pending, and may have been collected: no time to look`);
  return { placesRead: found.asked.length + found.alone.length, notRead };
}

function* addChains(
  source: PromiseSource,
  { asked, alone }: Chains,
  links: RequestLinks,
  at: number,
  groups: TaskGroups,
): PausableWork<void> {
  const isOurs = ownStacks();
  for (const [index, chain] of asked.entries()) {
    const isTask = !links.returning.has(chain.id) && !isOurs(chain.stack);
    if (isTask) addChain(source, chain, links.waits.get(chain.id) ?? null, at, groups);
    if (index % ADDED === 0) yield;
  }
  yield* inBlocks(alone.length, (from, to) => {
    for (const id of alone.slice(from, to)) {
      addChain(source, { id, parent: 0, stack: '', waiters: 0, derived: 0 }, null, at, groups);
    }
  });
}

function addChain(
  { watch, ages }: PromiseSource,
  chain: AskedPromise,
  waitsFor: WaitsFor | null,
  at: number,
  groups: TaskGroups,
): void {
  const creation = watch.creation(chain.id);
  const note = noteOf(chain);
  // Equal strings that are one and the same are found without being read: there may be a hundred thousand.
  const isPlain = creation === null && waitsFor === null;
  const key = isPlain
    ? (note ?? chain.stack)
    : `${note ?? ''}\0${chain.stack}\0${creation ?? ''}\0${waitsFor?.kind} ${waitsFor?.what}`;
  groups.add(key, chain.id, ages.ageOf(chain.id, at), watch.labels(chain.id), () =>
    shapeOf({ key, note, waitsFor }, chain.stack, creation),
  );
}

function addUnasked(
  { watch, ages }: PromiseSource,
  ids: readonly number[],
  note: string,
  at: number,
  groups: TaskGroups,
): PausableWork<void> {
  const shape = (): GroupShape => shapeOf({ key: note, note, waitsFor: null }, '', null);
  return inBlocks(ids.length, (from, to) => {
    for (const id of ids.slice(from, to)) groups.add(note, id, ages.ageOf(id, at), watch.labels(id), shape);
  });
}

function noteOf(chain: AskedPromise): string | null {
  if (chain.stack !== '') return null;
  if (isShared(chain)) return NOTES.shared;
  return chain.waiters > 0 ? NOTES.callback : NOTES.alone;
}

function shapeOf(
  given: Pick<GroupShape, 'key' | 'note' | 'waitsFor'>,
  stack: string,
  creation: string | null,
): GroupShape {
  return {
    ...given,
    type: stack === '' && given.note !== NOTES.shared ? 'PROMISE' : 'await',
    keepsAlive: false,
    ref: null,
    parent: [],
    awaitStack: () => decodeFrames(stack),
    createdAt: () => decodeFrames(creation ?? ''),
  };
}

/**
 * Tells the chains of this package itself: their innermost function is its own. Who waits for a report, the application
 * too, is no task that was pending before somebody asked. V8's combinators are in no file.
 */
function ownStacks(): (stack: string) => boolean {
  const known = new Map<string, boolean>();
  return (stack) => {
    if (stack === '') return false;
    let isOwn = known.get(stack);
    if (isOwn === undefined) {
      isOwn = isOwnFile(innermostFile(stack));
      known.set(stack, isOwn);
    }
    return isOwn;
  };
}

function innermostFile(stack: string): string {
  for (const line of stack.split('\n')) {
    const file = line.split('\t')[1] ?? '';
    if (file !== '') return file;
  }
  return '';
}
