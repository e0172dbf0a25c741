/** Shows the threads that a reader asks for: at first the worst of many, then all, or those that match a filter. */
import { counted } from '../../amounts.js';
import { part } from './nodes.js';

/** Below this a filter is in the way. */
const WORTH_FILTERING = 6;

/** The report has the worst first; a hundred idle workers would only push the rest of the page away. */
const FIRST_MOST = 20;

export function filterThreads(): void {
  const input = part('threads-filter', HTMLInputElement);
  const form = part('threads-filters', HTMLFormElement);
  const more = part('threads-more', HTMLButtonElement);
  const count = part('threads-count', HTMLOutputElement);
  if (input === null || form === null || more === null || count === null) return;
  const rows = [...document.querySelectorAll<HTMLElement>('#thread-rows > li')];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const all = count.textContent;
  let isWhole = rows.length <= FIRST_MOST;

  const show = (): void => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = texts.map((text) => words.every((word) => text.includes(word)));
    const found = matches.filter(Boolean).length;
    for (const [index, row] of rows.entries())
      row.hidden = !matches[index] || (!isWhole && words.length === 0 && index >= FIRST_MOST);
    count.textContent = words.length === 0 ? all : `${found} of ${all}`;
    more.hidden = isWhole || words.length > 0;
  };
  more.textContent = `Show ${counted(rows.length - FIRST_MOST, 'more thread')}`;
  more.addEventListener('click', () => {
    isWhole = true;
    show();
    rows[FIRST_MOST]?.querySelector('summary')?.focus();
  });
  form.hidden = rows.length < WORTH_FILTERING;
  form.addEventListener('submit', (event) => event.preventDefault());
  input.addEventListener('input', show);
  show();
}
