/** The section Pools: how much of each is taken, and what the text says of it. */
import type { PoolReport, Report } from '../../report/types.js';
import { poolsSection as poolsInWords } from '../pools.js';
import { element, type PageElement } from './element.js';
import { gauge } from './gauge.js';

/** Null where there are no pools. */
export function poolsSection(report: Report): PageElement | null {
  if (report.pools.length === 0) return null;
  const { blocks } = poolsInWords(report, false);
  return element(
    'section',
    { id: 'pools', 'aria-labelledby': 'pools-title' },
    element('div', { class: 'section-head' }, element('h2', { id: 'pools-title' }, 'Pools')),
    ...report.pools.map((pool, index) => poolCard(pool, blocks[index]?.lines ?? [])),
  );
}

function poolCard(pool: PoolReport, lines: readonly string[]): PageElement {
  const size = pool.busy + pool.idle;
  return element(
    'article',
    { class: 'pool' },
    element('h3', {}, pool.name, pool.kind === pool.name ? null : element('span', { class: 'quiet' }, ` ${pool.kind}`)),
    gauge('Taken', size === 0 ? null : pool.busy / size),
    element('p', {}, `${pool.busy} busy, ${pool.idle} idle, ${pool.queued} queued`),
    element('ul', { class: 'known indented' }, ...lines.map((line) => element('li', {}, line))),
  );
}
