/** Hides the threads that a reader does not ask for. */
import { counted } from '../../amounts.js';
import { part } from './nodes.js';

/** Below this a filter is in the way. */
const WORTH_FILTERING = 6;

export function filterThreads(count: number): void {
  const input = part('threads-filter', HTMLInputElement);
  const form = part('threads-filters', HTMLFormElement);
  if (input === null || form === null || count < WORTH_FILTERING) return;
  const rows = [...document.querySelectorAll<HTMLElement>('#thread-rows > li')];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [index, row] of rows.entries()) {
      row.hidden = !words.every((word) => texts[index]?.includes(word));
      if (!row.hidden) shown += 1;
    }
    const output = document.querySelector('#threads-count');
    if (output !== null)
      output.textContent = words.length === 0 ? counted(count, 'thread') : `${shown} of ${counted(count, 'thread')}`;
  });
}
