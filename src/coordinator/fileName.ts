/**
 * The names of report files:
 * `<service>_gurumeditation_<YYYYMMDDhhmmss UTC>_<host>_<pid>_<start token>_<n>.<extension>`. In containers every pid is 1
 * and a volume is shared; host, token and number keep the names apart.
 */
import type { Format } from '../options.js';

/** Everything that makes a report's file its own. */
export interface ReportFile {
  serviceName: string;
  host: string;
  pid: number;
  /** Differs from start to start of a process with the same pid on the same host. */
  token: string;
  /** Counts the reports of the process, from 1. */
  number: number;
  /** ISO 8601. */
  requestedAt: string;
}

const EXTENSIONS: Record<Format, string> = {
  text: 'txt',
  json: 'json',
  xml: 'xml',
  html: 'html',
  summary: 'summary.json',
};

/** What every report's name has after that of its service. */
const MARK = '_gurumeditation_';

/** File systems take names of 255 bytes; service, host and token share what the rest leaves. */
const LONGEST_PART = 60;

/** The file's name without any folder: no service or host name leads out of the log directory. */
export function reportFileName(file: ReportFile, format: Format): string {
  const date = file.requestedAt.replaceAll(/\D/g, '').slice(0, 14).padEnd(14, '0');
  return `${ownPart(file)}${date}_${namePart(file.host)}_${file.pid}_${namePart(file.token)}_${file.number}.${EXTENSIONS[format]}`;
}

/** Where a temporary file of this report is written before it gets its name. */
export function temporaryFileName(file: ReportFile, format: Format, attempt: number): string {
  return `.${reportFileName(file, format)}.${attempt}.tmp`;
}

/** What rotation has to know of a file that belongs to the same service on the same host; null for all others. */
export interface OwnFile {
  /** The same for all formats of one report. */
  stem: string;
  /** Sorts by age: the date, then the number. */
  date: string;
  number: number;
  isTemporary: boolean;
}

export function parseOwnFile(name: string, file: Pick<ReportFile, 'serviceName' | 'host'>): OwnFile | null {
  const isTemporary = name.startsWith('.') && /\.\d+\.tmp$/.test(name);
  const plain = isTemporary ? name.slice(1).replace(/\.\d+\.tmp$/, '') : name;
  const start = ownPart(file);
  if (!plain.startsWith(start)) return null;
  const rest = plain.slice(start.length);
  const [, date, host, , , number, extension] = /^(\d{14})_(.+)_(\d+)_([^_]+)_(\d+)\.([a-z.]+)$/.exec(rest) ?? [];
  if (date === undefined || host !== namePart(file.host) || !Object.values(EXTENSIONS).includes(extension ?? ''))
    return null;
  return { stem: plain.slice(0, -((extension ?? '').length + 1)), date, number: Number(number), isTemporary };
}

/** Whether a name is that of a report, whole or temporary, of any service. */
export function isReportFile(name: string): boolean {
  return name.includes(MARK);
}

function ownPart(file: Pick<ReportFile, 'serviceName'>): string {
  return `${namePart(file.serviceName)}${MARK}`;
}

/** Letters, digits, dots and dashes alone; nothing hidden, nothing that means a folder; underscores part the name. */
function namePart(text: string): string {
  const safe = text
    .replaceAll(/[^A-Za-z0-9.-]+/g, '-')
    .replaceAll(/\.{2,}/g, '.')
    .slice(0, LONGEST_PART)
    .replaceAll(/^[.-]+|[.-]+$/g, '');
  return safe === '' ? 'node' : safe;
}
