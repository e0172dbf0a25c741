/** The section Green Threads: pending tasks, those at one place in one block. */
import type { Report, TaskGroup, TasksReport, WaitsFor } from '../report/types.js';
import { culprit, formatFrame, sameFrame } from '../report/frames.js';
import { ages, counted, duration } from './amounts.js';
import type { Block, Section } from './layout.js';
import { WIDTH, wrap } from './layout.js';
import { stackLines } from './stackLines.js';
import { idRuns } from './threadNames.js';

/** Groups shown: the first of the report, and beside them the largest, the oldest, and those that verdicts point at. */
const FIRST_MOST = 60;
const WORST_MOST = 20;
const IDS_SHOWN = 8;
const HEAP_REASONS_MOST = 4;

export function greenThreadsSection(report: Report, full: boolean): Section {
  const { groups } = report.tasks;
  const shown = full ? groups : worthShowing(report);
  const opening = taskFacts(report.tasks).flatMap((line) => wrap(line, WIDTH));
  const blocks: Block[] = [{ heading: null, lines: opening }];
  blocks.push(...shown.map((group) => groupBlock(group, report.process.root, full)));
  if (shown.length < groups.length) blocks.push({ heading: null, lines: [hiddenLine(groups, new Set(shown))] });
  return {
    title: 'Green Threads',
    blocks: blocks.filter(({ heading, lines }) => heading !== null || lines.length > 0),
  };
}

/** In the report's order. Whatever that order is: the largest and the oldest are never among those left out. */
function worthShowing(report: Report): TaskGroup[] {
  const { groups } = report.tasks;
  const frames = report.verdicts.map((verdict) => verdict.frame).filter((frame) => frame !== null);
  const isBlamed = (group: TaskGroup): boolean => {
    const place = group.awaitStack[0] ?? group.createdAt[0];
    return place !== undefined && frames.some((frame) => sameFrame(frame, place));
  };
  const by = (measure: (group: TaskGroup) => number): TaskGroup[] =>
    [...groups].sort((one, other) => measure(other) - measure(one)).slice(0, WORST_MOST);
  const chosen = new Set([
    ...groups.slice(0, FIRST_MOST),
    ...by((group) => group.count),
    ...by((group) => group.ageMs?.max ?? 0),
    ...groups.filter(isBlamed).slice(0, WORST_MOST),
  ]);
  return groups.filter((group) => chosen.has(group));
}

function hiddenLine(groups: readonly TaskGroup[], shown: ReadonlySet<TaskGroup>): string {
  const hidden = groups.filter((group) => !shown.has(group));
  const tasks = hidden.reduce((sum, group) => sum + group.count, 0);
  const oldest = hidden.reduce((most, group) => Math.max(most, group.ageMs?.max ?? -1), -1);
  const age = oldest < 0 ? '' : `, the oldest ${duration(oldest)}`;
  return `(${counted(hidden.length, 'more group')} with ${counted(tasks, 'task')} hidden${age})`;
}

/** Sentences on all tasks: how many there are, and which of them could not be seen. */
export function taskFacts(tasks: TasksReport): string[] {
  const awaits = tasks.groups.filter((group) => group.type === 'await').reduce((sum, group) => sum + group.count, 0);
  const lines: string[] = [];
  if (tasks.mode === 'off') lines.push('Tasks are not tracked (tasks: off).');
  if (tasks.mode === 'handles') lines.push('Promises are not tracked (tasks: handles).');
  if (tasks.pending > 0)
    lines.push(
      `${counted(tasks.pending, 'task')} pending in ${counted(tasks.groups.length + tasks.groupsElided, 'group')}.`,
    );
  if (tasks.placesRead < awaits) {
    lines.push(`Await stacks were read of ${tasks.placesRead} of ${awaits} promises; counts and ages are exact.`);
  }
  if (tasks.groupsElided > 0)
    lines.push(`${counted(tasks.groupsElided, 'smaller group')} left out where they were read.`);
  if (tasks.collectedUnsettled > 0) {
    lines.push(`${counted(tasks.collectedUnsettled, 'promise')} collected without ever settling.`);
  }
  lines.push(...heapLines(tasks.heapScan));
  return lines;
}

/** Which heaps were searched, and of the others why not, those with the same reason in one line. */
function heapLines({ done, why, pauseMs, byThread: threads }: TasksReport['heapScan']): string[] {
  const lines: string[] = [];
  const searched = threads.filter((thread) => thread.done).map(({ threadId }) => threadId);
  const of = searched.length === 0 ? '' : ` of ${searched.length === 1 ? 'thread' : 'threads'} ${idRuns(searched)}`;
  if (done) lines.push(`The heap${of} was searched for promises, a pause of ${duration(pauseMs)} at most.`);
  const reasons = new Map<string, number[]>();
  for (const thread of threads)
    if (!thread.done) reasons.set(thread.why, [...(reasons.get(thread.why) ?? []), thread.threadId]);
  const shown = [...reasons].slice(0, HEAP_REASONS_MOST);
  for (const [reason, threadIds] of shown)
    lines.push(
      `The heap of ${threadIds.length === 1 ? 'thread' : 'threads'} ${idRuns(threadIds)} was not searched for promises: ${reason.replace(/^skipped: /, '')}.`,
    );
  if (reasons.size > shown.length)
    lines.push(`${counted(reasons.size - shown.length, 'more heap')} not searched for promises.`);
  if (threads.length === 0 && !done && why !== '' && why !== 'not needed')
    lines.push(`The heap was not searched for promises: ${why}.`);
  return lines;
}

function groupBlock(group: TaskGroup, root: string | null, full: boolean): Block {
  const about = groupFacts(group, full).flatMap((line) => wrap(line, WIDTH));
  const created = createdLines(group, root, full);
  const stack = [...stackLines(group.awaitStack, root, full), ...created];
  const lines = stack.length > 0 && about.length > 0 ? [...stack, '', ...about] : [...stack, ...about];
  const isPlaceless = stack.length === 0 && group.note === null;
  return { heading: headingOf(group), lines: isPlaceless ? ['(its place is not known)', ...lines] : lines };
}

/** `512 x await  0.2 s .. 41.1 s, median 20.4 s  thread 0`. */
function headingOf(group: TaskGroup): string {
  const time = group.ageMs === null ? [] : [ages(group.ageMs, group.count)];
  const threads =
    group.threadIds.length === 0
      ? []
      : [`${group.threadIds.length === 1 ? 'thread' : 'threads'} ${idRuns(group.threadIds)}`];
  return [`${group.count} x ${group.type}`, ...time, ...threads].join('  ');
}

/** Of an await its stack says enough; of a handle the stack of its creation is all there is. */
function createdLines(group: TaskGroup, root: string | null, full: boolean): string[] {
  if (group.createdAt.length === 0) return [];
  if (group.awaitStack.length === 0) return ['created at', ...stackLines(group.createdAt, root, full)];
  const frame = culprit(group.createdAt, root);
  if (full) return ['', 'created at', ...stackLines(group.createdAt, root, full)];
  return frame === null ? [] : [`created at ${formatFrame(frame, root)}`];
}

/** What is known of a group besides its stack; with `full` the ids of its tasks as well. */
export function groupFacts(group: TaskGroup, full: boolean): string[] {
  const labels = Object.entries(group.labels).map(([key, value]) => `${key}=${value}`);
  return [
    ...(group.waitsFor === null ? [] : [waitsLine(group.waitsFor)]),
    ...(group.keepsAlive === true ? ['keeps its thread alive'] : []),
    ...(group.ref === false ? ["unref'd: does not keep its thread alive"] : []),
    ...(group.parent.length > 0 ? [`started by ${group.parent.join(' < ')}`] : []),
    ...(labels.length > 0 ? [`labels ${labels.join(', ')}`] : []),
    ...(group.note === null ? [] : [group.note]),
    ...(full && group.ids.length > 0 ? [idsLine(group)] : []),
  ];
}

/** What came in waits for nothing outside: somebody outside waits for it. */
function waitsLine({ kind, what }: WaitsFor): string {
  return kind === 'http-in' ? `not yet answered: ${what}` : `waits for ${what}`;
}

function idsLine(group: TaskGroup): string {
  const shown = group.ids.slice(0, IDS_SHOWN);
  const more = group.ids.length - shown.length + group.idsElided;
  return `ids ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
