/** What the values that a pool keeps are worth in a report; anything else is null. */
import { dataOf } from '../../tasks/ownData.js';

const TEXT_MAX = 1000;

/** A number of things; null for none, and for no bound (`Infinity`). */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_MAX) : null;
}

export function isMethod(object: object, name: string): boolean {
  return typeof dataOf(object, name) === 'function';
}

/** Thread ids in order, without those that are not known. */
export function sortedIds(threadIds: readonly (number | null)[]): number[] {
  return threadIds.filter((threadId) => threadId !== null).sort((one, other) => one - other);
}
