/** A report that was stored as JSON, read back. */
import { readFileSync, statSync } from 'node:fs';
import { GuruError, messageOf } from '../errors.js';
import type { Report } from '../report/types.js';

/** A report of 100,000 tasks is some 50 MB; what is larger is no report. */
const FILE_MAX = 512 * 1024 * 1024;

/** @throws {GuruError} `GMR_USAGE` for a file that cannot be read, is no report, or is one of a later format. */
export function readStoredReport(command: string, file: string): Report {
  let report: Partial<Report> | null;
  try {
    if (statSync(file).size > FILE_MAX) throw new Error('it is larger than any report');
    report = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report> | null;
  } catch (cause) {
    throw new GuruError('GMR_USAGE', `${command}: ${file} cannot be read as a report: ${messageOf(cause)}`, { cause });
  }
  if (report?.format !== 'guru-meditation')
    throw new GuruError('GMR_USAGE', `${command}: ${file} is no report of guru-meditation`);
  if (report.formatVersion !== 1) {
    const version = String(report.formatVersion);
    throw new GuruError('GMR_USAGE', `${command}: ${file} has format version ${version}, expected 1`);
  }
  return report as Report;
}
