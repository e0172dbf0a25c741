/** Groups of tasks in two reports side by side: the same are those of one type at one place with the same labels. */
import { culprit } from './frames.js';
import { ALL_PROMISES, boundsOf, taskPlaces, type Place, type TaskPlaces } from './taskPlaces.js';
import type { Frame, Report, WaitsFor } from './types.js';
import { threadsWithoutTasks } from './unreadTasks.js';

/**
 * `older`: not more than before, but some of them are the very tasks of the earlier report (only told of one process, and
 * of tasks that end in good health: awaits, requests, tasks of pools).
 */
export type GroupChangeKind = 'new' | 'gone' | 'grown' | 'shrunk' | 'older' | 'unchanged';

export interface GroupChange {
  kind: GroupChangeKind;
  /** As in the report; `promise` for all promises together, where the places of some were not read. */
  type: string;
  labels: Record<string, string>;
  before: number;
  after: number;
  /** Age of the oldest in the later report (of a group that is gone in the earlier one), ms; null where not known. */
  oldestMs: number | null;
  /** Whether some were there in the earlier report already; null where nobody can tell. */
  isLasting: boolean | null;
  /** The application's own place before others; null where none was read. */
  frame: Frame | null;
  waitsFor: WaitsFor | null;
}

/** Handles such as servers and intervals live as long as their process: that they are old is no news. */
const ENDS_IN_HEALTH = /^(?:await|request)$|Task$/;

const RANK: Record<GroupChangeKind, number> = { grown: 0, new: 1, older: 2, shrunk: 3, gone: 4, unchanged: 5 };

/**
 * Every group of both reports, the most important first: what grew most, then what is new, older, shrunk and gone.
 * Threads whose tasks one of the reports could not read are left out. `betweenMs` is null where ages cannot be compared, because the processes differ.
 */
export function groupChanges(before: Report, after: Report, betweenMs: number | null): GroupChange[] {
  const unread = new Set([...threadsWithoutTasks(before), ...threadsWithoutTasks(after)]);
  const earlier = taskPlaces(before, unread);
  const later = taskPlaces(after, unread);
  const keys = new Set([...later.places.keys(), ...earlier.places.keys()]);
  const all = earlier.placeless + later.placeless === 0 ? [] : [allPromises(earlier.promises, later.promises)];
  return [...keys]
    .map((key) => changeAt(key, earlier, later, betweenMs, [before.process.root, after.process.root]))
    .concat(all)
    .filter((change) => change !== null)
    .sort((one, other) => RANK[one.kind] - RANK[other.kind] || weightOf(other) - weightOf(one));
}

/** Growth that cannot be told by place is told of all. */
function allPromises(before: number, after: number): GroupChange {
  const kind = after > before ? 'grown' : after < before ? 'shrunk' : 'unchanged';
  return {
    kind,
    type: ALL_PROMISES,
    labels: {},
    before,
    after,
    oldestMs: null,
    isLasting: null,
    frame: null,
    waitsFor: null,
  };
}

function changeAt(
  key: string,
  earlier: TaskPlaces,
  later: TaskPlaces,
  betweenMs: number | null,
  [rootBefore, rootAfter]: readonly [string | null, string | null],
): GroupChange | null {
  const was = earlier.places.get(key);
  const is = later.places.get(key);
  const [place, root] = is === undefined ? [was, rootBefore] : [is, rootAfter];
  if (place === undefined) return null;
  const isLasting = is === undefined ? false : lasting(was, is, betweenMs);
  return {
    ...factsOf(place, root),
    kind: kindOf(boundsOf(earlier, key, place.sample.type), boundsOf(later, key, place.sample.type), place, isLasting),
    before: was?.count ?? 0,
    after: is?.count ?? 0,
    isLasting,
  };
}

interface Bounds {
  least: number;
  most: number;
}

/** Where promises without a place could explain a change, there is none. */
function kindOf(before: Bounds, after: Bounds, { sample }: Place, isLasting: boolean | null): GroupChangeKind {
  if (after.least > before.most) return before.most === 0 ? 'new' : 'grown';
  if (after.most < before.least) return after.most === 0 ? 'gone' : 'shrunk';
  return isLasting === true && ENDS_IN_HEALTH.test(sample.type) ? 'older' : 'unchanged';
}

/** The oldest is the earlier report's own when it is older than the time between both. */
function lasting(before: Place | undefined, after: Place, betweenMs: number | null): boolean | null {
  if (before === undefined) return false;
  if (betweenMs === null || betweenMs <= 0 || after.oldestMs === null) return null;
  return after.oldestMs >= betweenMs;
}

function factsOf(
  { sample, oldestMs }: Place,
  root: string | null,
): Pick<GroupChange, 'type' | 'labels' | 'oldestMs' | 'frame' | 'waitsFor'> {
  const frame = culprit(sample.awaitStack, root) ?? culprit(sample.createdAt, root);
  return { type: sample.type, labels: sample.labels, oldestMs, frame, waitsFor: sample.waitsFor };
}

function weightOf({ before, after, oldestMs, kind }: GroupChange): number {
  return kind === 'older' ? (oldestMs ?? 0) : Math.abs(after - before);
}
