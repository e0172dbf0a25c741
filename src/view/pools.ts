/** The section Pools: what each worker is working on, what waits, and who asked for it. */
import { poolTaskText } from '../report/poolTasks.js';
import type { PoolLimits, PoolReport, PoolTask, PoolTimes, Report } from '../report/types.js';
import { displayPath } from '../report/frames.js';
import { counted, duration, percent } from './amounts.js';
import type { Block, Section } from './layout.js';
import { WIDTH, wrap } from './layout.js';
import { threadName, threadNames } from './threadNames.js';
import { submitterOf } from './stackLines.js';

const TASKS_MOST = 20;
const PLACES_MOST = 5;

export function poolsSection(report: Report, full: boolean): Section {
  return { title: 'Pools', blocks: report.pools.map((pool) => poolBlock(report, pool, full)) };
}

function poolBlock(report: Report, pool: PoolReport, full: boolean): Block {
  const { root } = report.process;
  const kind = pool.kind === pool.name ? [] : [pool.kind];
  const counts = [`${pool.busy} busy`, `${pool.idle} idle`, ...(isQueueKnown(pool) ? [`${pool.queued} queued`] : [])];
  const heading = [pool.name, ...kind, counts.join(', ')].join('  ');
  const lines = [
    ...workerLines(report, pool),
    ...factLines(pool),
    ...capped(runningLines(report, pool), TASKS_MOST, 'running task', full),
    ...(pool.runningElided === 0 ? [] : [`(${counted(pool.runningElided, 'more running task')} not listed)`]),
    ...queueLines(pool, root, full),
    ...pendingLines(pool, root, full),
  ];
  return { heading, lines };
}

function workerLines(report: Report, pool: PoolReport): string[] {
  const file = pool.file === null ? '' : `, running ${displayPath(pool.file, report.process.root)}`;
  const owner = pool.ownerThreadId === 0 ? '' : `, made by ${threadName(report, pool.ownerThreadId)}`;
  if (pool.threadIds.length === 0) return wrap(`no workers${file}${owner}`, WIDTH);
  return wrap(`${threadNames(report, pool.threadIds)}${file}${owner}`, WIDTH);
}

/** What only the pool's object knows: how it was set up, and what it has done. */
function factLines(pool: PoolReport): string[] {
  const age = pool.factsAgoMs !== null && pool.factsAgoMs > 0 ? [`as read ${duration(pool.factsAgoMs)} ago`] : [];
  const said = [limitsText(pool.limits), doneText(pool)].filter((text) => text !== '');
  return [
    ...(said.length === 0 ? [] : wrap([...said, ...age].join(', '), WIDTH)),
    ...timesLines('tasks ran', pool.runTime),
    ...timesLines('and waited', pool.waitTime),
    ...(pool.notKnown.length === 0 ? [] : wrap(`not known: ${pool.notKnown.join(', ')}`, WIDTH)),
  ];
}

function limitsText(limits: PoolLimits | null): string {
  if (limits === null) return '';
  const { minThreads, maxThreads, tasksPerWorker, maxQueue, idleTimeoutMs } = limits;
  const threads = minThreads === null || minThreads === maxThreads ? `${maxThreads}` : `${minThreads} to ${maxThreads}`;
  return [
    ...(maxThreads === null ? [] : [`${threads} threads`]),
    ...(tasksPerWorker === null || tasksPerWorker === 1 ? [] : [`${tasksPerWorker} tasks each`]),
    ...(maxQueue === null ? [] : [`a queue of ${maxQueue}`]),
    ...(idleTimeoutMs === null || idleTimeoutMs === 0 ? [] : [`idle ones end after ${duration(idleTimeoutMs)}`]),
  ].join(', ');
}

function doneText({ completed, utilization, needsDrain }: PoolReport): string {
  return [
    ...(completed === null ? [] : [`${completed} done`]),
    ...(utilization === null ? [] : [`${percent(utilization)} used`]),
    ...(needsDrain === true ? ['needs to drain'] : []),
  ].join(', ');
}

function timesLines(what: string, times: PoolTimes | null): string[] {
  if (times === null) return [];
  return [`${what} p50 ${milliseconds(times.p50)}, p99 ${milliseconds(times.p99)}, max ${milliseconds(times.max)}`];
}

/** Most tasks take less than a second: their times are told in ms. */
function milliseconds(ms: number): string {
  return ms < 1000 ? `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms` : duration(ms);
}

/** Nobody is told that nothing waits where nobody knows. */
function isQueueKnown({ queued, queueKnown }: PoolReport): boolean {
  return queued > 0 || queueKnown;
}

/** Longest running first: that is the one to look at. */
function runningLines(report: Report, pool: PoolReport): string[][] {
  const tasks = [...pool.running].sort((one, other) => (other.runningMs ?? 0) - (one.runningMs ?? 0));
  return tasks.map((task) => runningTask(report, pool, task));
}

function runningTask(report: Report, pool: PoolReport, task: PoolTask): string[] {
  const queued = task.queuedMs === null ? '' : `, after ${duration(task.queuedMs)} in the queue`;
  const submitter = submitterOf(task.submittedAt, report.process.root);
  const time = task.runningMs === null ? '' : ` for ${duration(task.runningMs)}`;
  const isElsewhere = task.file !== null && task.file !== pool.file;
  const file = isElsewhere ? `, in ${displayPath(task.file ?? '', report.process.root)}` : '';
  return [
    ...wrap(`${threadName(report, task.threadId)} runs ${poolTaskText(task)}${time}${queued}${file}`, WIDTH),
    ...(submitter === null ? [] : [`    submitted by ${submitter}`]),
    ...payloadLines(task.payload),
  ];
}

function queueLines(pool: PoolReport, root: string | null, full: boolean): string[] {
  if (pool.queued === 0) return [];
  const oldest = pool.oldestQueuedMs === null ? '' : `, the oldest for ${duration(pool.oldestQueuedMs)}`;
  const places = capped(placeLines(pool.queuedAt, root), PLACES_MOST, 'place', full);
  return [
    `${counted(pool.queued, 'task')} in the queue${oldest}`,
    ...places,
    ...(pool.oldestQueued === null ? [] : wrap(`    the oldest is ${poolTaskText(pool.oldestQueued)}`, WIDTH)),
    ...payloadLines(pool.oldestQueued?.payload ?? null),
  ];
}

/** Said only where the queue is not: the same tasks are in both. */
function pendingLines({ queued, pending }: PoolReport, root: string | null, full: boolean): string[] {
  if (queued > 0 || pending === null) return [];
  const places = capped(placeLines(pending.at, root), PLACES_MOST, 'place', full);
  return [
    `${counted(pending.count, 'task')} submitted and not done, the oldest for ${duration(pending.oldestMs)}`,
    ...places,
  ];
}

function placeLines(places: PoolReport['queuedAt'], root: string | null): string[][] {
  return places.map(({ count, stack }) => [
    `    ${count} submitted by ${submitterOf(stack, root) ?? 'an unknown place'}`,
  ]);
}

function payloadLines(payload: string | null): string[] {
  return payload === null ? [] : wrap(`given ${payload}`, WIDTH - 4).map((line) => `    ${line}`);
}

function capped(items: string[][], most: number, noun: string, full: boolean): string[] {
  if (full || items.length <= most) return items.flat();
  return [...items.slice(0, most).flat(), `(${counted(items.length - most, `more ${noun}`)} hidden)`];
}
