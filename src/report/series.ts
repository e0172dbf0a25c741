/** A series of reports of one process: what grew in each of them, what was stuck in all. */
import { culprit } from './frames.js';
import { ALL_PROMISES, boundsOf, taskPlaces } from './taskPlaces.js';
import type { Frame, Report, TaskGroup } from './types.js';
import { threadsWithoutTasks } from './unreadTasks.js';
import { wholeReport } from './whole.js';

/** A group of tasks that had more in each report than in the one before. */
export interface GrowingGroup {
  /** As in the report; `promise` for all promises together, where the places of some were not read. */
  type: string;
  labels: Record<string, string>;
  /** How many there were, a number for each report. */
  counts: number[];
  oldestMs: number | null;
  frame: Frame | null;
}

/** Two reports always go up or down: growth is a habit from the third on. */
const REPORTS_LEAST = 3;

/**
 * Groups that only grew, the fastest first; empty for fewer than three reports. Where a report left groups out, a missing
 * one counts as unknown and ends its series. Threads whose tasks one of the reports could not read are left out.
 */
export function growingGroups(given: readonly Report[]): GrowingGroup[] {
  const reports = given.map(wholeReport);
  const last = reports.at(-1);
  if (last === undefined || reports.length < REPORTS_LEAST) return [];
  const unread = new Set(reports.flatMap((report) => [...threadsWithoutTasks(report)]));
  const series = reports.map((report) => ({
    places: taskPlaces(report, unread),
    isWhole: report.tasks.groupsElided === 0,
  }));
  const groups = [...taskPlaces(last, unread).places].flatMap(([key, { sample }]): GrowingGroup[] => {
    const bounds = series.map(({ places, isWhole }) => {
      const { least, most } = boundsOf(places, key, sample.type);
      return { least, most: isWhole || least > 0 ? most : Infinity };
    });
    return isGrowing(bounds) ? [groupOf(sample, bounds, last)] : [];
  });
  const all = series.map(({ places, isWhole }) => ({
    least: places.promises,
    most: isWhole ? places.promises : Infinity,
  }));
  if (series.some(({ places }) => places.placeless > 0) && isGrowing(all)) groups.push(growingPromises(all));
  return groups.sort((one, other) => growthOf(other) - growthOf(one));
}

/** Each has more at least than the one before can have had. */
function isGrowing(bounds: readonly { least: number; most: number }[]): boolean {
  return bounds.every(({ least }, index) => index === 0 || least > (bounds[index - 1]?.most ?? Infinity));
}

function groupOf(group: TaskGroup, bounds: readonly { least: number }[], report: Report): GrowingGroup {
  const { root } = report.process;
  return {
    type: group.type,
    labels: group.labels,
    counts: bounds.map(({ least }) => least),
    oldestMs: group.ageMs?.max ?? null,
    frame: culprit(group.awaitStack, root) ?? culprit(group.createdAt, root),
  };
}

function growingPromises(bounds: readonly { least: number }[]): GrowingGroup {
  return { type: ALL_PROMISES, labels: {}, counts: bounds.map(({ least }) => least), oldestMs: null, frame: null };
}

function growthOf({ counts }: GrowingGroup): number {
  return (counts.at(-1) ?? 0) - (counts[0] ?? 0);
}
