/** Tasks by the place they are at, over all threads; and how many promises have none, because places are read of a part only. */
import { stackKey } from './frames.js';
import type { Report, TaskGroup } from './types.js';

/** Groups of one key, of whatever threads. */
export interface Place {
  count: number;
  oldestMs: number | null;
  sample: TaskGroup;
}

export interface TaskPlaces {
  places: Map<string, Place>;
  /** Promises whose place was not read: each may be at any of the places, or at another one. */
  placeless: number;
  /** All promises, wherever they are: exact also where places are not. */
  promises: number;
}

/** What all promises together are called, where they are compared as such. */
export const ALL_PROMISES = 'promise';

/** The groups of a report but those that have tasks of the threads in `without`. */
export function taskPlaces(report: Report, without: ReadonlySet<number> = new Set()): TaskPlaces {
  const places = new Map<string, Place>();
  let placeless = 0;
  let promises = 0;
  for (const group of report.tasks.groups) {
    if (group.threadIds.some((threadId) => without.has(threadId))) continue;
    if (isPromise(group)) promises += group.count;
    if (isPlaceless(group)) placeless += group.count;
    else add(places, group);
  }
  return { places, placeless, promises };
}

/** Equal for groups that are the same one in two reports. */
export function placeKey({ type, awaitStack, createdAt, labels }: TaskGroup): string {
  const marks = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${stackKey(type, awaitStack)} ${stackKey('', createdAt)} ${JSON.stringify(marks)}`;
}

/** How many there are at least and at most. */
export function boundsOf(places: TaskPlaces, key: string, type: string): { least: number; most: number } {
  const least = places.places.get(key)?.count ?? 0;
  return { least, most: type === 'await' ? least + places.placeless : least };
}

function isPromise({ type }: TaskGroup): boolean {
  return type === 'await' || type === 'PROMISE';
}

function isPlaceless(group: TaskGroup): boolean {
  return isPromise(group) && group.awaitStack.length === 0 && group.createdAt.length === 0;
}

function add(places: Map<string, Place>, group: TaskGroup): void {
  const key = placeKey(group);
  const known = places.get(key);
  const oldestMs = group.ageMs?.max ?? null;
  if (known === undefined) {
    places.set(key, { count: group.count, oldestMs, sample: group });
    return;
  }
  known.count += group.count;
  if (oldestMs !== null) known.oldestMs = Math.max(known.oldestMs ?? 0, oldestMs);
}
