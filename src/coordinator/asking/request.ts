/**
 * What `gmr` asks a process for, as a file: the process finds it by its name when its signal comes, takes it away, and
 * writes the answer over an empty file that the asker left for it.
 */
import { OPTION_SPECS, type Options } from '../../options.js';

export type HeapScanMode = Options['heapScan'];

/** A report, or only whether the loops of all threads turn. */
export type AskedKind = 'report' | 'check';

export interface AskedRequest {
  format: 'guru-meditation.request';
  formatVersion: 1;
  /** Names the answer's file: letters and digits. */
  id: string;
  kind: AskedKind;
  /** As the process itself knows its number: that of its innermost namespace. */
  pid: number;
  /** When it was started, as `/proc/<pid>/stat` says: tells it from another process with the same number. */
  startTime: string;
  /** In ms since 1970. When it is over nobody waits for the answer any more. */
  until: number;
  /** Null for what the process was set up with. */
  deadline: number | null;
  heapScan: HeapScanMode | null;
  /** Whether pending tasks are read. */
  tasks: boolean;
}

/** In place of a report, when there is none. */
export interface RefusedAnswer {
  format: 'guru-meditation.refusal';
  message: string;
}

/** A request is some 300 bytes. */
export const REQUEST_MAX_BYTES = 4096;

/** A process that was asked is told apart from a later one with its number by when it was started. */
export function requestName(pid: number, startTime: string): string {
  return `${pid}-${startTime}.request`;
}

export function answerName(pid: number, startTime: string, id: string): string {
  return `${pid}-${startTime}-${id}.answer`;
}

/** Whether a file's name is one of the above, or one on its way to such a name. */
export function isAskingName(name: string): boolean {
  return /^\.?\d+-\d+[-.][\w.-]*(?:request|answer|taken|new)$/.test(name);
}

/** The request in a file's text; null for anything else. */
export function parseRequest(text: string): AskedRequest | null {
  try {
    const value = JSON.parse(text) as Partial<AskedRequest> | null;
    return typeof value === 'object' && value !== null && isRequest(value) ? value : null;
  } catch {
    return null;
  }
}

function isRequest(value: Partial<AskedRequest>): value is AskedRequest {
  return (
    value.format === 'guru-meditation.request' &&
    value.formatVersion === 1 &&
    /^[a-z0-9]{1,40}$/.test(String(value.id)) &&
    (value.kind === 'report' || value.kind === 'check') &&
    Number.isInteger(value.pid) &&
    typeof value.startTime === 'string' &&
    Number.isFinite(value.until) &&
    isOptionOrNull('deadline', value.deadline) &&
    isOptionOrNull('heapScan', value.heapScan) &&
    typeof value.tasks === 'boolean'
  );
}

/** What the option of this name takes, as it takes it. */
function isOptionOrNull(name: keyof Options, value: unknown): boolean {
  if (value === null || value === undefined) return value === null;
  return OPTION_SPECS.find((option) => option.name === name)?.check(value) === value;
}
