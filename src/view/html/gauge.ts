/** A share as a bar with its number beside it. */
import { percent } from '../amounts.js';
import { element, type PageElement } from './element.js';

/** `CPU ▮▮▮▯ 97%`; a dash where the share is not known. The bar is drawn by attributes: the page has no inline styles. */
export function gauge(name: string, share: number | null): PageElement {
  const part = share === null || !Number.isFinite(share) ? null : Math.min(1, Math.max(0, share));
  return element(
    'span',
    { class: 'gauge' },
    element('span', { class: 'gauge-name' }, name),
    element(
      'svg',
      { class: 'bar', width: '100%', height: '6', 'aria-hidden': 'true' },
      element('rect', { class: 'bar-track', width: '100%', height: '6' }),
      part === null ? null : element('rect', { class: 'bar-value', width: `${(part * 100).toFixed(1)}%`, height: '6' }),
    ),
    element('span', { class: 'gauge-value' }, part === null ? '–' : percent(part).replace('under ', '<')),
  );
}
