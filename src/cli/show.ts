/** `gmr show FILE`: a stored JSON report in any view; text is a pure function of the JSON. */
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GuruError, messageOf } from '../errors.js';
import type { Report } from '../report/types.js';
import { writeAll } from './output.js';
import { render, type ViewName } from '../view/render.js';

/** A report of 100,000 tasks is some 50 MB; what is larger is no report. */
const FILE_MAX = 512 * 1024 * 1024;

/** Prints the report in `FILE`; `--view text|json|xml|summary`, `--full` unfolds, `--sections` chooses. Returns the exit code. */
export async function show(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new GuruError('GMR_USAGE', `show: expected one file, got ${positionals.length}`);
  const sections = (values.sections ?? '').split(',').filter((name) => name !== '');
  const text = render(readReport(file), (values.view ?? 'text') as ViewName, { sections, full: values.full === true });
  writeAll(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

function parse(args: string[]): {
  values: { view?: string; full?: boolean; sections?: string };
  positionals: string[];
} {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { view: { type: 'string' }, full: { type: 'boolean' }, sections: { type: 'string' } },
    });
  } catch (error) {
    throw new GuruError('GMR_USAGE', `show: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws {GuruError} `GMR_USAGE` for a file that cannot be read, is no report, or is one of a later format. */
function readReport(file: string): Report {
  let report: Partial<Report> | null;
  try {
    if (statSync(file).size > FILE_MAX) throw new Error('it is larger than any report');
    report = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report> | null;
  } catch (error) {
    throw new GuruError('GMR_USAGE', `show: ${file} cannot be read as a report: ${messageOf(error)}`, { cause: error });
  }
  if (report?.format !== 'guru-meditation')
    throw new GuruError('GMR_USAGE', `show: ${file} is no report of guru-meditation`);
  if (report.formatVersion !== 1) {
    throw new GuruError('GMR_USAGE', `show: ${file} has format version ${String(report.formatVersion)}, expected 1`);
  }
  return report as Report;
}
