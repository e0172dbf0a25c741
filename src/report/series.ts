/** A series of reports of one process: what grew in each of them, what was stuck in all. */
import { culprit } from './frames.js';
import { countsByGroup, groupKey } from './diffGroups.js';
import type { Frame, Report, TaskGroup } from './types.js';
import { wholeReport } from './whole.js';

/** A group of tasks that had more in each report than in the one before. */
export interface GrowingGroup {
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
 * Groups that only grew, the fastest first; empty for fewer than three reports. Where reports leave small groups out a
 * missing one counts as unknown and ends its series.
 */
export function growingGroups(given: readonly Report[]): GrowingGroup[] {
  const reports = given.map(wholeReport);
  const last = reports.at(-1);
  if (last === undefined || reports.length < REPORTS_LEAST) return [];
  const series = reports.map(countsByGroup);
  const samples = new Map(last.tasks.groups.map((group) => [groupKey(group), group]));
  return [...samples]
    .map(([key, group]) =>
      growing(
        group,
        series.map((counts, index) => countIn(counts, key, reports[index])),
        last,
      ),
    )
    .filter((group) => group !== null)
    .sort((one, other) => growthOf(other) - growthOf(one));
}

function countIn(counts: ReadonlyMap<string, number>, key: string, report: Report | undefined): number {
  return counts.get(key) ?? (report?.tasks.groupsElided === 0 ? 0 : Number.NaN);
}

function growing(group: TaskGroup, counts: number[], report: Report): GrowingGroup | null {
  if (!counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? Number.NaN))) return null;
  const { root } = report.process;
  const frame = culprit(group.awaitStack, root) ?? culprit(group.createdAt, root);
  return { type: group.type, labels: group.labels, counts, oldestMs: group.ageMs?.max ?? null, frame };
}

function growthOf({ counts }: GrowingGroup): number {
  return (counts.at(-1) ?? 0) - (counts[0] ?? 0);
}
