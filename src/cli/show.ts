/** `gmr show FILE...`: a stored JSON report in any view; text is a pure function of the JSON. Several are replicas. */
import { GuruError } from '../errors.js';
import type { Format } from '../optionChecks.js';
import { filterReport, type FilteredReport, type ReportFilter } from '../report/filter.js';
import { groupReplicas } from '../report/replicas.js';
import type { Report } from '../report/types.js';
import { escape } from '../view/escape.js';
import { renderFiltered } from '../view/filtered.js';
import { render } from '../view/render.js';
import { renderReplicas, renderReplicasJson } from '../view/replicas.js';
import type { ViewOptions } from '../view/selection.js';
import { EXIT, readWords, type Command, type OptionValues } from './command.js';
import { writeAll } from './output.js';
import { printText } from './printText.js';
import { readStoredReport } from './storedReport.js';
import { readView } from './values.js';

export const show: Command = {
  takes: 'FILE...',
  summary: 'Print a stored JSON report, or what several have in common',
  options: {
    view: { type: 'string', value: 'VIEW', help: 'text (default), json, xml, html or summary' },
    thread: { type: 'string', value: 'ID', help: 'only this thread and its tasks' },
    match: { type: 'string', value: 'TEXT', help: 'only what has TEXT in a function, file, type, label or pool' },
    full: { type: 'boolean', help: 'unfold what is folded' },
    sections: { type: 'string', value: 'NAMES', help: 'which to print, with commas; -NAME leaves one out' },
  },
  notes: [
    'FILE is - for stdin. Of several files it is told how many are stuck at the same frame;',
    'with --full their reports follow, one after the other.',
    'Exit code: 0, 1 when --thread or --match found nothing, 2 for a wrong call or a file that is no report.',
  ],
  run: showFiles,
};

async function showFiles(words: string[]): Promise<number> {
  const { values, positionals } = readWords('show', show, words);
  if (positionals.length === 0) throw new GuruError('GMR_USAGE', 'show: expected a file, got none');
  const filter = filterOf(values);
  const view = readView('show', values);
  const options: ViewOptions = { sections: namesIn(values['sections']), full: values['full'] === true };
  const reports = positionals.map((file) => readStoredReport('show', file));
  const found = reports.map((report) => filtered(report, filter));
  const kept = found.filter((one) => one !== null);
  if (kept.length === 0) throw new GuruError('GMR_VIEW', `show: nothing matches ${wanted(filter)}`);
  const [first] = kept;
  if (reports.length === 1 && first !== undefined) print(first, filter, view, options);
  else
    printSeveral(
      kept,
      positionals.filter((_, index) => found[index] !== null),
      filter,
      view,
      options,
    );
  return EXIT.done;
}

interface Found {
  report: Report;
  /** What the filter left; null without one. */
  part: FilteredReport | null;
}

function filtered(report: Report, filter: ReportFilter): Found | null {
  if (filter.threadId === null && filter.text === null) return { report, part: null };
  const part = filterReport(report, filter);
  return part.isFound ? { report: part.report, part } : null;
}

function print({ report, part }: Found, filter: ReportFilter, view: Format, options: ViewOptions): boolean {
  if (view !== 'text') return writeAll(render(report, view, options));
  const { full = false } = options;
  return printText(part === null ? render(report, 'text', options) : renderFiltered(part, wanted(filter), { full }));
}

function printSeveral(
  found: Found[],
  files: string[],
  filter: ReportFilter,
  view: Format,
  options: ViewOptions,
): boolean {
  const replicas = groupReplicas(
    found.map(({ report }) => report),
    files,
  );
  if (view === 'json') return writeAll(renderReplicasJson(replicas));
  if (view === 'summary') return writeAll(found.map(({ report }) => render(report, 'summary')).join(''));
  if (view !== 'text')
    throw new GuruError('GMR_USAGE', `show: expected one file for the view ${view}, got ${files.length}`);
  const full = options.full === true;
  const isRead = printText(renderReplicas(replicas, { full }));
  return isRead && (!full || found.every((one) => print(one, filter, view, options)));
}

function filterOf(values: OptionValues): ReportFilter {
  const { thread, match } = values;
  if (typeof thread === 'string' && !/^\d{1,9}$/.test(thread))
    throw new GuruError('GMR_USAGE', `show: --thread: expected a thread's number, got ${JSON.stringify(thread)}`);
  return {
    threadId: typeof thread === 'string' ? Number(thread) : null,
    text: typeof match === 'string' ? match : null,
  };
}

function wanted({ threadId, text }: ReportFilter): string {
  const parts = [
    ...(threadId === null ? [] : [`thread ${threadId}`]),
    ...(text === null ? [] : [`what has ${escape(JSON.stringify(text))} in it`]),
  ];
  return parts.join(' and ');
}

function namesIn(words: boolean | string | undefined): string[] {
  return String(words ?? '')
    .split(',')
    .filter((name) => name !== '');
}
