/** `gmr show FILE`: a stored JSON report in any view; text is a pure function of the JSON. */
import { GuruError } from '../errors.js';
import { render, type ViewName } from '../view/render.js';
import { EXIT, readWords, type Command } from './command.js';
import { writeAll } from './output.js';
import { readStoredReport } from './storedReport.js';

export const show: Command = {
  takes: 'FILE',
  summary: 'Print a stored JSON report',
  options: {
    view: { type: 'string', value: 'VIEW', help: 'text (default), json, xml, html or summary' },
    full: { type: 'boolean', help: 'unfold what is folded' },
    sections: { type: 'string', value: 'NAMES', help: 'which to print, with commas; -NAME leaves one out' },
  },
  run: showFile,
};

async function showFile(words: string[]): Promise<number> {
  const { values, positionals } = readWords('show', show, words);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', `show: expected one file, got ${positionals.length}`);
  const sections = String(values['sections'] ?? '')
    .split(',')
    .filter((name) => name !== '');
  const view = (values['view'] ?? 'text') as ViewName;
  const text = render(readStoredReport('show', file), view, { sections, full: values['full'] === true });
  writeAll(text.endsWith('\n') ? text : `${text}\n`);
  return EXIT.done;
}
