/** Worker pools of two reports side by side. */
import type { PoolReport, Report } from './types.js';

/** A pool in both reports, or in one of them, whose figures differ. */
export interface PoolChange {
  name: string;
  kind: string;
  change: 'new' | 'gone' | 'changed';
  busy: { before: number; after: number };
  queued: { before: number; after: number };
  /** How long the oldest in the queue has waited, ms; null for an empty queue, or where nobody knows. */
  oldestQueuedMs: { before: number | null; after: number | null };
}

const NONE = { busy: 0, queued: 0, oldestQueuedMs: null };

/** Pools that came, went, or have other figures; the one whose queue grew most first. */
export function poolChanges(before: Report, after: Report): PoolChange[] {
  const earlier = keyed(before.pools);
  const later = keyed(after.pools);
  const changes = [...later].map(([key, pool]) => changeOf(earlier.get(key), pool));
  for (const [key, pool] of earlier) if (!later.has(key)) changes.push(changeOf(pool, undefined));
  return changes.filter((change) => change !== null).sort((one, other) => growth(other) - growth(one));
}

/** Pools have no number of their own: several of one name and file are told apart by their order. */
function keyed(pools: readonly PoolReport[]): Map<string, PoolReport> {
  const keys = new Map<string, PoolReport>();
  for (const pool of pools) {
    const key = JSON.stringify([pool.kind, pool.name, pool.file]);
    let number = 0;
    while (keys.has(`${key} ${number}`)) number += 1;
    keys.set(`${key} ${number}`, pool);
  }
  return keys;
}

function changeOf(was: PoolReport | undefined, is: PoolReport | undefined): PoolChange | null {
  const named = is ?? was;
  if (named === undefined) return null;
  const [before, after] = [was ?? NONE, is ?? NONE];
  const isSame = was !== undefined && is !== undefined && before.busy === after.busy && before.queued === after.queued;
  if (isSame && (after.oldestQueuedMs ?? 0) <= (before.oldestQueuedMs ?? 0)) return null;
  return {
    name: named.name,
    kind: named.kind,
    change: was === undefined ? 'new' : is === undefined ? 'gone' : 'changed',
    busy: { before: before.busy, after: after.busy },
    queued: { before: before.queued, after: after.queued },
    oldestQueuedMs: { before: before.oldestQueuedMs, after: after.oldestQueuedMs },
  };
}

function growth({ queued }: PoolChange): number {
  return queued.after - queued.before;
}
