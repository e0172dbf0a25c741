/** The place where the browser draws a tree of calls, with its title and what its widths mean. */
import { element, type PageElement } from './element.js';

/** An empty chart; the script finds it by `id`, and the parts in it by their class. */
export function chartFrame(id: string, heading: 'h2' | 'h3', title: string, meaning: string): PageElement {
  return element(
    'div',
    { class: 'chart', id },
    element(heading, { id: `${id}-title` }, title),
    element('p', { class: 'quiet' }, meaning),
    element('p', { class: 'quiet unscripted' }, 'This picture needs scripts to be drawn.'),
    element('div', { class: 'chart-cells', role: 'group', 'aria-labelledby': `${id}-title` }),
    element(
      'div',
      { class: 'chart-foot' },
      element('output', { class: 'chart-detail', 'aria-live': 'polite' }),
      element('button', { type: 'button', class: 'chart-list', hidden: '' }, 'List its tasks'),
    ),
  );
}
