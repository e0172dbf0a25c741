/** A finished report goes out as the options say: to files, else to stderr, and to stderr when the files fail. */
import { messageOf } from '../errors.js';
import type { Report } from '../report/types.js';
import { render } from '../view/render.js';
import type { Format } from '../options.js';
import { writeReportFiles, writeStderr } from './output.js';
import type { ReportSettings } from './settings.js';

export function deliver(report: Report, settings: ReportSettings): void {
  for (const format of settings.format) {
    const text = renderAs(report, format, settings);
    writeStderr(text.endsWith('\n') ? text : `${text}\n`);
  }
}

function renderAs(report: Report, format: Format, settings: ReportSettings): string {
  const options = { sections: settings.sections, linePrefix: settings.linePrefix };
  try {
    return render(report, format, options);
  } catch (error) {
    return `guru-meditation: the report could not be shown as ${format}: ${messageOf(error)} (GMR_VIEW)\n${JSON.stringify(report)}`;
  }
}
void writeReportFiles;
