/** The report as JSON, for programs and for `gmr show`. */
import type { Report } from '../report/types.js';
import { escapeJson } from './escape.js';
import { selectedReport } from './selectedReport.js';
import type { ViewOptions } from './selection.js';

/** Indented by two, keys in the order of the types, one line break at the end; sections left out have no key. */
export function renderJson(report: Report, options: ViewOptions = {}): string {
  return `${escapeJson(JSON.stringify(selectedReport(report, options.sections), null, 2))}\n`;
}
