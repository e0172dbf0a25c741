/** The JSON in the page, to take along. */
import { copy } from './clipboard.js';
import { part } from './nodes.js';

export function offerJson(json: string, id: string): void {
  const save = part('save', HTMLButtonElement);
  const button = part('copy-json', HTMLButtonElement);
  for (const one of [save, button]) one?.removeAttribute('hidden');
  save?.addEventListener('click', () => saveAs(`${id.replaceAll(/[^\w.-]+/g, '-')}.json`, json));
  button?.addEventListener('click', () => void copy(json, button));
}

function saveAs(name: string, json: string): void {
  const url = URL.createObjectURL(new Blob([json, '\n'], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
