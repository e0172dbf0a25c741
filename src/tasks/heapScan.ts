/**
 * The pending promises of a thread that nobody watched, from a list of all its promises: the inspector takes that list
 * from the heap (`sentinel/heapScan.ts`), and this runs in the thread, on the list.
 *
 * No JavaScript can tell a pending promise from a settled one without changing it or running code of the application. But
 * only a pending promise has somebody who waits for it: where `askAwaitStacks` gives a stack, the promise is pending. So
 * those that an async function awaits are listed, all of them; pending ones that nobody, several functions or callbacks
 * alone wait for are not told from settled ones. Nor does the heap tell what `then` derived from what: in
 * `await a.then(b)` both promises lead to the `await`, and both count.
 */
import type { HeapFindings, HeapScanLimits } from '../protocol.js';
import { innermost, type AskedPromise } from './awaitChains.js';
import { reasonNotToAsk } from './awaitStacks.js';
import { monotonicMs } from './clock.js';
import { decodeFrames } from './frameText.js';
import { TaskGroups } from './groups.js';
import { askAwaitStacks } from './realm.js';
import { runAtOnce } from './slices.js';
import { HooksWithoutPromises } from './withoutPromises.js';

/** Questions put between two looks at the clock. */
const BATCH = 16;

export const HEAP_NOTE = 'found in the heap: since when is not known, and each .then before the await counts as well';

/**
 * What waits in this thread; synchronous, and runs nothing of the application.
 * @param found - whatever inherits from `Promise.prototype`: things that are no promises are left out
 */
export function listAwaited(found: readonly unknown[], limits: HeapScanLimits): HeapFindings {
  const { isPromise } = process.getBuiltinModule('node:util').types;
  const promises = found.filter((object): object is Promise<unknown> => isPromise(object));
  const hooks = new HooksWithoutPromises();
  const why = reasonNotToAsk(hooks, promises);
  const { asked, unasked, limit } =
    why === null ? ask(promises, hooks, limits) : { asked: [], unasked: promises.length, limit: why };
  const { tasks, ...listed } = groupsOf(asked, new Set(limits.ownFiles)).finish();
  const notRead = `places of ${unasked} promises in the heap not read, pending or settled: ${limit}`;
  return { pending: tasks, placesRead: asked.length, ...listed, notRead: unasked === 0 ? [] : [notRead] };
}

/** Spread over the list, so that what the limits leave out is left out evenly. */
function ask(
  promises: readonly object[],
  hooks: HooksWithoutPromises,
  { placesMax, placesMs }: HeapScanLimits,
): { asked: AskedPromise[]; unasked: number; limit: string } {
  const asked: AskedPromise[] = [];
  const order = spread(promises);
  const end = monotonicMs() + placesMs;
  let looked = 0;
  while (looked < order.length && asked.length < placesMax && monotonicMs() < end) {
    const batch = order.slice(looked, looked + BATCH);
    const stacks = hooks.withoutAnyHooks(() => askAwaitStacks(batch));
    if (stacks.length < batch.length)
      return { asked, unasked: order.length - looked, limit: 'the thread could not be asked' };
    for (const stack of stacks) {
      if (stack !== '') asked.push({ id: asked.length + 1, parent: 0, stack, waiters: 1, derived: 0 });
    }
    looked += batch.length;
  }
  const limit = asked.length < placesMax ? `limit of ${placesMs} ms` : `limit of ${placesMax} places`;
  return { asked, unasked: order.length - looked, limit };
}

/** All of the list, in steps of the golden ratio: every beginning of it is spread over the whole. */
function spread<Value>(list: readonly Value[]): Value[] {
  const { length } = list;
  let step = Math.max(1, Math.round(length * 0.618));
  while (greatestDivisor(step, length) > 1) step++;
  return list.map((_, index) => list[(index * step) % length] as Value);
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}

function groupsOf(asked: readonly AskedPromise[], ownFiles: ReadonlySet<string>): TaskGroups {
  const groups = new TaskGroups();
  for (const { stack } of runAtOnce(innermost(asked, [], () => true)).asked) {
    if (isOurs(stack, ownFiles)) continue;
    groups.add(stack, null, null, null, () => ({
      key: stack,
      type: 'await',
      keepsAlive: false,
      ref: null,
      note: HEAP_NOTE,
      waitsFor: null,
      parent: [],
      awaitStack: () => decodeFrames(stack),
      createdAt: () => [],
    }));
  }
  return groups;
}

/** A chain of this package itself, such as the report under way. */
function isOurs(stack: string, ownFiles: ReadonlySet<string>): boolean {
  return stack.split('\n').every((line) => ownFiles.has(line.split('\t')[1] ?? ''));
}
