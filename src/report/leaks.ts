/** Groups of tasks that grow from one report of a process to the next. */
import { spokenTime } from './durations.js';
import { culprit, formatFrame, stackKey } from './frames.js';
import { lookOften } from './nextLook.js';
import { THRESHOLDS } from './thresholds.js';
import type { TaskGroup, Verdict } from './types.js';
import { newVerdict, worstFirst, type Unjudged } from './verdictParts.js';

/**
 * A verdict for each group that has grown much since `previous`. Empty for reports of different processes, for two that
 * are too near, and where the older one left groups out, so that none can be told to be new.
 */
export function findLeaks(previous: Unjudged, current: Unjudged): Verdict[] {
  const betweenMs = Date.parse(current.report.requestedAt) - Date.parse(previous.report.requestedAt);
  if (!isSameProcess(previous, current, betweenMs) || !(betweenMs >= THRESHOLDS.leakIntervalMs)) return [];
  const before = new Map(previous.tasks.groups.map((group) => [keyOf(group), group.count]));
  const isComplete = previous.tasks.groupsElided === 0;
  const leaks = current.tasks.groups.flatMap((group) => {
    const count = before.get(keyOf(group)) ?? (isComplete ? 0 : null);
    return count === null || !hasLeaked(count, group, betweenMs) ? [] : [leak(count, group, betweenMs, current)];
  });
  return worstFirst(leaks);
}

/** A process id is used again, in containers at once; one that has lived as long as the reports are apart is the same. */
function isSameProcess(previous: Unjudged, current: Unjudged, betweenMs: number): boolean {
  const isSameName = previous.process.pid === current.process.pid && previous.process.host === current.process.host;
  const drift = current.process.uptimeMs - previous.process.uptimeMs - betweenMs;
  return isSameName && Math.abs(drift) < THRESHOLDS.leakIntervalMs / 2;
}

/** More tasks, and the oldest still the old ones: where all are young, only the traffic has grown. */
function hasLeaked(before: number, group: TaskGroup, betweenMs: number): boolean {
  const growth = group.count - before;
  const isOld = group.ageMs === null || before === 0 || group.ageMs.max >= betweenMs;
  return isOld && growth >= THRESHOLDS.leakTasks && growth >= before * THRESHOLDS.leakGrowth;
}

function leak(before: number, group: TaskGroup, betweenMs: number, report: Unjudged): Verdict {
  const { root } = report.process;
  const frame = culprit(group.awaitStack, root) ?? culprit(group.createdAt, root);
  const where = frame === null ? '' : ` at ${formatFrame(frame, root)}`;
  return newVerdict({
    code: 'task-leak',
    severity: 'warning',
    basis: 'inferred',
    threadId: group.threadIds.length === 1 ? (group.threadIds[0] ?? null) : null,
    frame,
    waitsFor: group.waitsFor,
    text: `pending ${group.type} tasks${where} grew from ${before} to ${group.count} in ${spokenTime(betweenMs)}`,
    evidence: [
      `${group.count - before} more in ${spokenTime(betweenMs)}`,
      'inferred: nobody settles or closes them (the load may have grown instead)',
    ],
    next: [lookOften('does it grow on?', report)],
  });
}

function keyOf(group: TaskGroup): string {
  return `${group.threadIds.join(',')} ${stackKey(group.type, group.awaitStack)} ${stackKey('', group.createdAt)}`;
}
