/** A finished report goes out as the options say: to files, else to stderr, and to stderr when the files fail. */
import { messageOf } from '../errors.js';
import type { Format } from '../options.js';
import type { Report } from '../report/types.js';
import { render } from '../view/render.js';
import { writeReportFiles, writeStderr } from './output.js';
import type { ReportSettings } from './settings.js';
import { writeTerminationLog } from './terminationLog.js';

/**
 * Never throws: an output that fails falls back to stderr, with the reason. The verdict on a process that ends goes to its
 * container's termination log as well.
 */
export function deliver(report: Report, settings: ReportSettings): void {
  if (report.report.trigger.kind === 'stop' || report.report.trigger.kind === 'crash') writeTerminationLog(report);
  const outputs = settings.format.map((format) => ({ format, text: renderAs(report, format, settings) }));
  if (settings.logDir === null) {
    for (const { text } of outputs) writeStderr(text);
    return;
  }
  const { id, requestedAt } = report.report;
  const [, token = 'start', number = '1'] = /-([^-]+)-(\d+)$/.exec(id) ?? [];
  const { serviceName, host, pid } = report.process;
  const file = { serviceName, host, pid, token, number: Number(number), requestedAt };
  writeReportFiles({ ...file, logDir: settings.logDir, keep: settings.keep, outputs });
}

function renderAs(report: Report, format: Format, settings: ReportSettings): string {
  const { sections, linePrefix } = settings;
  try {
    const text = render(report, format, { sections, linePrefix });
    return text.endsWith('\n') ? text : `${text}\n`;
  } catch (error) {
    const line = `guru-meditation: the report could not be shown as ${format}: ${messageOf(error)} (GMR_VIEW)`;
    return `${line}\n${JSON.stringify(report)}\n`;
  }
}
