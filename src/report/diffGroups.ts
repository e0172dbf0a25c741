/** Groups of tasks in two reports side by side: the same are those of one type at one place with the same labels. */
import { culprit, stackKey } from './frames.js';
import type { Frame, Report, TaskGroup, WaitsFor } from './types.js';

/**
 * `older`: not more than before, but some of them are the very tasks of the earlier report (only told of one process, and
 * of tasks that end in good health: awaits, requests, tasks of pools).
 */
export type GroupChangeKind = 'new' | 'gone' | 'grown' | 'shrunk' | 'older' | 'unchanged';

export interface GroupChange {
  kind: GroupChangeKind;
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

/** Groups of one key, of whatever threads. */
interface Gathered {
  count: number;
  oldestMs: number | null;
  sample: TaskGroup;
}

/** Handles such as servers and intervals live as long as their process: that they are old is no news. */
const ENDS_IN_HEALTH = /^(?:await|request)$|Task$/;

const RANK: Record<GroupChangeKind, number> = { grown: 0, new: 1, older: 2, shrunk: 3, gone: 4, unchanged: 5 };

/**
 * Every group of both reports, the most important first: what grew most, then what is new, older, shrunk and gone.
 * `betweenMs` is null where ages cannot be compared, because the processes differ.
 */
export function groupChanges(before: Report, after: Report, betweenMs: number | null): GroupChange[] {
  const earlier = gathered(before);
  const later = gathered(after);
  const changes: GroupChange[] = [];
  for (const [key, group] of later) changes.push(changeOf(earlier.get(key), group, betweenMs, after.process.root));
  for (const [key, group] of earlier) if (!later.has(key)) changes.push(goneOf(group, before.process.root));
  return changes.sort((one, other) => RANK[one.kind] - RANK[other.kind] || weightOf(other) - weightOf(one));
}

/** The groups by what tells them apart, with how many tasks each has. */
export function countsByGroup(report: Report): Map<string, number> {
  return new Map([...gathered(report)].map(([key, { count }]) => [key, count]));
}

/** Equal for groups that are the same one in two reports. */
export function groupKey({ type, awaitStack, createdAt, labels }: TaskGroup): string {
  const marks = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${stackKey(type, awaitStack)} ${stackKey('', createdAt)} ${JSON.stringify(marks)}`;
}

function gathered(report: Report): Map<string, Gathered> {
  const groups = new Map<string, Gathered>();
  for (const group of report.tasks.groups) {
    const key = groupKey(group);
    const known = groups.get(key);
    const oldestMs = group.ageMs?.max ?? null;
    if (known === undefined) groups.set(key, { count: group.count, oldestMs, sample: group });
    else {
      known.count += group.count;
      if (oldestMs !== null) known.oldestMs = Math.max(known.oldestMs ?? 0, oldestMs);
    }
  }
  return groups;
}

function changeOf(
  before: Gathered | undefined,
  after: Gathered,
  betweenMs: number | null,
  root: string | null,
): GroupChange {
  const count = before?.count ?? 0;
  const isLasting = lasting(before, after, betweenMs);
  return {
    ...factsOf(after, root),
    kind: kindOf(count, after, isLasting),
    before: count,
    after: after.count,
    isLasting,
  };
}

function kindOf(before: number, after: Gathered, isLasting: boolean | null): GroupChangeKind {
  if (before === 0) return 'new';
  if (after.count > before) return 'grown';
  if (after.count < before) return 'shrunk';
  return isLasting === true && ENDS_IN_HEALTH.test(after.sample.type) ? 'older' : 'unchanged';
}

/** The oldest is the earlier report's own when it is older than the time between both. */
function lasting(before: Gathered | undefined, after: Gathered, betweenMs: number | null): boolean | null {
  if (before === undefined) return false;
  if (betweenMs === null || betweenMs <= 0 || after.oldestMs === null) return null;
  return after.oldestMs >= betweenMs;
}

function goneOf(before: Gathered, root: string | null): GroupChange {
  return { ...factsOf(before, root), kind: 'gone', before: before.count, after: 0, isLasting: false };
}

function factsOf(
  { sample, oldestMs }: Gathered,
  root: string | null,
): Pick<GroupChange, 'type' | 'labels' | 'oldestMs' | 'frame' | 'waitsFor'> {
  const frame = culprit(sample.awaitStack, root) ?? culprit(sample.createdAt, root);
  return { type: sample.type, labels: sample.labels, oldestMs, frame, waitsFor: sample.waitsFor };
}

function weightOf({ before, after, oldestMs, kind }: GroupChange): number {
  return kind === 'older' ? (oldestMs ?? 0) : Math.abs(after - before);
}
