/** A report in the form that somebody reads: the views by name, and any function as a view of one's own. */
import { GuruError, messageOf } from '../errors.js';
import { FORMATS, isFormat, type Format } from '../optionChecks.js';
import type { Report } from '../report/types.js';
import { renderHtml } from './html/html.js';
import { renderJson } from './json.js';
import type { ViewOptions } from './selection.js';
import { renderSummary } from './summary.js';
import { renderText } from './text.js';
import { renderXml } from './xml.js';

/** A view of one's own: gets the report, which it must not change, and returns what is to be printed. */
export type ViewFunction = (report: Report) => string;

const VIEWS: Record<Format, (report: Report, options: ViewOptions) => string> = {
  text: renderText,
  json: renderJson,
  xml: renderXml,
  html: renderHtml,
  summary: renderSummary,
};

/**
 * The report as one string, with a line break at its end (a view function's result is returned as it is).
 * `options.sections` holds for text, JSON, XML and HTML; `linePrefix` and `full` for text.
 * @throws {GuruError} `GMR_VIEW` for a view that does not exist, or a function that throws or returns no string.
 */
export function render(report: Report, view: Format | ViewFunction, options: ViewOptions = {}): string {
  if (typeof view === 'function') return renderBy(view, report);
  if (!isFormat(view)) {
    throw new GuruError(
      'GMR_VIEW',
      `there is no view ${JSON.stringify(view)}; there are ${FORMATS.join(', ')}, or a function`,
    );
  }
  return VIEWS[view](report, options);
}

function renderBy(view: ViewFunction, report: Report): string {
  let result: unknown;
  try {
    result = view(report);
  } catch (cause) {
    throw new GuruError('GMR_VIEW', `the view function failed: ${messageOf(cause)}`, { cause });
  }
  if (typeof result === 'string') return result;
  throw new GuruError(
    'GMR_VIEW',
    `the view function returned ${result === null ? 'null' : typeof result} instead of a string`,
  );
}
