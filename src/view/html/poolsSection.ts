/** The section Pools: how much of each is taken, what its workers run, and who fills its queue. */
import { displayPath } from '../../report/frames.js';
import type { PoolReport, PoolTask, Report } from '../../report/types.js';
import { counted, duration } from '../amounts.js';
import { submitterOf } from '../stackLines.js';
import { threadName, threadNames } from '../threadNames.js';
import { element, type PageElement } from './element.js';
import { gauge } from './gauge.js';

const ITEMS_MOST = 100;

export function poolsSection(report: Report): PageElement | null {
  if (report.pools.length === 0) return null;
  return element(
    'section',
    { id: 'pools', 'aria-labelledby': 'pools-title' },
    element('div', { class: 'section-head' }, element('h2', { id: 'pools-title' }, 'Pools')),
    ...report.pools.map((pool) => poolCard(report, pool)),
  );
}

function poolCard(report: Report, pool: PoolReport): PageElement {
  const size = pool.busy + pool.idle;
  const { root } = report.process;
  const file = pool.file === null ? '' : `, running ${displayPath(pool.file, root)}`;
  const running = [...pool.running].sort((one, other) => other.runningMs - one.runningMs);
  const queued = pool.queuedAt.map(
    ({ count, stack }) => `${count} submitted by ${submitterOf(stack, root) ?? 'an unknown place'}`,
  );
  return element(
    'article',
    { class: 'pool' },
    element('h3', {}, pool.name, pool.kind === pool.name ? null : element('span', { class: 'quiet' }, ` ${pool.kind}`)),
    gauge('Taken', size === 0 ? null : pool.busy / size),
    element('p', {}, `${pool.busy} busy, ${pool.idle} idle, ${queueOf(pool)}`),
    pool.threadIds.length === 0
      ? null
      : element('p', { class: 'quiet' }, `${threadNames(report, pool.threadIds)}${file}`),
    listOf(running.map((task) => taskLine(report, task))),
    listOf(queued),
  );
}

function queueOf({ queued, oldestQueuedMs }: PoolReport): string {
  const oldest = queued === 0 || oldestQueuedMs === null ? '' : `, the oldest for ${duration(oldestQueuedMs)}`;
  return `${queued} queued${oldest}`;
}

function taskLine(report: Report, task: PoolTask): string {
  const queued = task.queuedMs === null ? '' : `, after ${duration(task.queuedMs)} in the queue`;
  const submitter = submitterOf(task.submittedAt, report.process.root);
  const by = submitter === null ? '' : `, submitted by ${submitter}`;
  return `${threadName(report, task.threadId)} runs ${task.task} for ${duration(task.runningMs)}${queued}${by}`;
}

function listOf(lines: readonly string[]): PageElement | null {
  if (lines.length === 0) return null;
  const items = lines.slice(0, ITEMS_MOST).map((line) => element('li', {}, line));
  const hidden = lines.length - items.length;
  if (hidden > 0) items.push(element('li', { class: 'quiet' }, `(${counted(hidden, 'more')} in the JSON below)`));
  return element('ul', { class: 'known' }, ...items);
}
