/** The section Pools: what each worker is working on, what waits, and who asked for it. */
import type { PoolReport, PoolTask, Report } from '../report/types.js';
import { displayPath } from '../report/frames.js';
import { counted, duration } from './amounts.js';
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
  const heading = [pool.name, ...kind, `${pool.busy} busy, ${pool.idle} idle, ${pool.queued} queued`].join('  ');
  const file = pool.file === null ? '' : `, running ${displayPath(pool.file, root)}`;
  const lines = [
    ...(pool.threadIds.length === 0 ? [] : wrap(`${threadNames(report, pool.threadIds)}${file}`, WIDTH)),
    ...capped(runningLines(report, pool), TASKS_MOST, 'running task', full),
    ...queueLines(pool, root, full),
  ];
  return { heading, lines };
}

/** Longest running first: that is the one to look at. */
function runningLines(report: Report, pool: PoolReport): string[][] {
  const tasks = [...pool.running].sort((one, other) => other.runningMs - one.runningMs);
  return tasks.map((task) => runningTask(report, task));
}

function runningTask(report: Report, task: PoolTask): string[] {
  const queued = task.queuedMs === null ? '' : `, after ${duration(task.queuedMs)} in the queue`;
  const submitter = submitterOf(task.submittedAt, report.process.root);
  const line = `${threadName(report, task.threadId)} runs ${task.task} for ${duration(task.runningMs)}${queued}`;
  return submitter === null ? [line] : [line, `    submitted by ${submitter}`];
}

function queueLines(pool: PoolReport, root: string | null, full: boolean): string[] {
  if (pool.queued === 0) return [];
  const oldest = pool.oldestQueuedMs === null ? '' : `, the oldest for ${duration(pool.oldestQueuedMs)}`;
  const places = pool.queuedAt.map(({ count, stack }) => [
    `    ${count} submitted by ${submitterOf(stack, root) ?? 'an unknown place'}`,
  ]);
  return [`${counted(pool.queued, 'task')} in the queue${oldest}`, ...capped(places, PLACES_MOST, 'place', full)];
}

function capped(items: string[][], most: number, noun: string, full: boolean): string[] {
  if (full || items.length <= most) return items.flat();
  return [...items.slice(0, most).flat(), `(${counted(items.length - most, `more ${noun}`)} hidden)`];
}
