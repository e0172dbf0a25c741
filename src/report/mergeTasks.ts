/** The tasks of all threads as one list: equal groups of several threads become one. */
import type { RawFrame, RawTaskGroup, TaskSnapshot } from '../protocol.js';
import { stackKey } from './frames.js';
import { heapScanOf } from './heapScans.js';
import type { Frame, TaskGroup, TasksReport, ThreadHeapScan } from './types.js';

interface OfThread {
  threadId: number;
  tasks: TaskSnapshot;
}
interface Merged {
  raw: RawTaskGroup;
  threadIds: number[];
}

const IDS_SHOWN = 5;

/** @param heapScans - of the threads whose promises nobody watched */
export function mergeTasks(
  threads: readonly OfThread[],
  heapScans: readonly ThreadHeapScan[],
  complete: (frame: RawFrame) => Frame,
): TasksReport {
  const merged = new Map<string, Merged>();
  for (const { threadId, tasks } of threads) for (const group of tasks.groups) add(merged, threadId, group);
  const sum = (read: (tasks: TaskSnapshot) => number): number =>
    threads.reduce((total, { tasks }) => total + read(tasks), 0);
  const largestFirst = [...merged.values()].sort(
    (a, b) => b.raw.count - a.raw.count || (b.raw.ageMs?.max ?? 0) - (a.raw.ageMs?.max ?? 0),
  );
  return {
    mode: threads.find(({ tasks }) => tasks.mode !== 'off')?.tasks.mode ?? 'off',
    heapScan: heapScanOf(heapScans),
    pending: sum((tasks) => tasks.pending),
    placesRead: sum((tasks) => tasks.placesRead),
    collectedUnsettled: sum((tasks) => tasks.collectedUnsettled),
    groupsElided: sum((tasks) => tasks.groupsElided),
    groups: largestFirst.map((group, index) => toGroup(group, index, complete)),
  };
}

function add(merged: Map<string, Merged>, threadId: number, group: RawTaskGroup): void {
  const key = JSON.stringify([
    stackKey(group.type, group.awaitStack),
    stackKey('', group.createdAt),
    group.labels,
    group.waitsFor,
    group.ref,
    group.note,
    group.ageMs === null,
  ]);
  const known = merged.get(key);
  if (known === undefined) {
    merged.set(key, { raw: group, threadIds: [threadId] });
    return;
  }
  known.threadIds.push(threadId);
  const ages = [...known.raw.ages, ...group.ages];
  known.raw = {
    ...known.raw,
    count: known.raw.count + group.count,
    ages,
    ageMs: mergeAges(known.raw, group, ages),
    ids: [...known.raw.ids, ...group.ids],
  };
}

function mergeAges(one: RawTaskGroup, other: RawTaskGroup, ages: number[]): RawTaskGroup['ageMs'] {
  if (one.ageMs === null || other.ageMs === null) return null;
  const sorted = [...ages].sort((a, b) => a - b);
  return {
    min: Math.min(one.ageMs.min, other.ageMs.min),
    median: sorted[Math.floor(sorted.length / 2)] ?? one.ageMs.median,
    max: Math.max(one.ageMs.max, other.ageMs.max),
  };
}

function toGroup({ raw, threadIds }: Merged, index: number, complete: (frame: RawFrame) => Frame): TaskGroup {
  const { ages: _ages, awaitStack, createdAt, ids, ...plain } = raw;
  const shown = ids.slice(0, IDS_SHOWN);
  return {
    id: `g${index + 1}`,
    ...plain,
    threadIds,
    awaitStack: awaitStack.map(complete),
    createdAt: createdAt.map(complete),
    ids: shown,
    idsElided: Math.max(0, raw.count - shown.length),
  };
}
