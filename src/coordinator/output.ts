/** Where reports go: files, each whole or not at all, else stderr. All of it synchronous: it works while a process hangs or ends. */
import {
  constants,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import type { Format } from '../options.js';
import { parseOwnFile, reportFileName, temporaryFileName, type ReportFile } from './fileName.js';

export interface WriteOrder extends ReportFile {
  logDir: string;
  /** How many reports of this service on this host stay, the newest; all formats of one report count once. */
  keep: number;
  /** A finished report, in each of its formats. */
  outputs: { format: Format; text: string }[];
}

export interface Written {
  /** Absolute or as relative as `logDir` is. */
  files: string[];
  /** One line for each output that went to stderr instead, and for a rotation that failed. */
  failures: string[];
}

/** The mode of a report file: what a report says of a service is for its owner. */
const MODE = 0o600;
const ATTEMPTS = 100;
/** How long, in all, stderr may make us wait; a reader that is gone must not hold a process up. */
const LONGEST_WAIT_MS = 1000;
const WAIT_MS = 5;
/** A temporary file this old was left by a process that died. */
const STALE_MS = 10 * 60_000;

/**
 * Writes each output to a file of its own in `logDir`, under a name that no file has, and deletes the oldest reports
 * beyond `keep`. An output that cannot be written goes to stderr, after a line that says why. Never throws.
 */
export function writeReportFiles(order: WriteOrder): Written {
  const written: Written = { files: [], failures: [] };
  for (const { format, text } of order.outputs) {
    try {
      written.files.push(writeWhole(order, format, text));
    } catch (error) {
      const reason = `the report cannot be written to ${JSON.stringify(order.logDir)}: ${messageOf(error)}`;
      written.failures.push(reason);
      writeStderr(`guru-meditation: ${reason}; it follows (GMR_OUTPUT)\n${text.endsWith('\n') ? text : `${text}\n`}`);
    }
  }
  if (written.files.length > 0) rotate(order, written);
  return written;
}

/**
 * Writes a text to stderr at once, past every stream. Waits at most about a second in all for a reader that is slow.
 * @returns whether all of it was written; a closed stderr is nobody's error.
 */
export function writeStderr(text: string): boolean {
  const bytes = Buffer.from(text, 'utf8');
  let waitedMs = 0;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(2, bytes, at);
    } catch (error) {
      if (codeOf(error) === 'EINTR') continue;
      if (codeOf(error) !== 'EAGAIN' || waitedMs >= LONGEST_WAIT_MS) return false;
      pause(WAIT_MS);
      waitedMs += WAIT_MS;
    }
  }
  return true;
}

function writeWhole(order: WriteOrder, format: Format, text: string): string {
  const temporary = writeTemporary(order, format, text);
  try {
    return giveName(order, format, temporary);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** `O_EXCL` and `O_NOFOLLOW`: whatever stands under the name already, a symbolic link too, is left alone. */
function writeTemporary(order: WriteOrder, format: Format, text: string): string {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const { path, descriptor } = untilFree((attempt) => {
    const candidate = join(order.logDir, temporaryFileName(order, format, attempt));
    return { path: candidate, descriptor: openSync(candidate, flags, MODE) };
  });
  try {
    try {
      writeAll(descriptor, Buffer.from(text, 'utf8'));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    removeQuietly(path);
    throw error;
  }
  return path;
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

/** A link never overwrites. Where the file system has none, an empty file reserves the name, and the rename replaces it. */
function giveName(order: WriteOrder, format: Format, temporary: string): string {
  return untilFree((attempt) => {
    const path = join(order.logDir, reportFileName({ ...order, number: order.number + attempt }, format));
    try {
      linkSync(temporary, path);
      removeQuietly(temporary);
    } catch (error) {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error))) throw error;
      renameToReserved(temporary, path);
    }
    return path;
  });
}

function renameToReserved(temporary: string, path: string): void {
  closeSync(openSync(path, 'wx', MODE));
  try {
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(path);
    throw error;
  }
}

/** Tries again under the next name while the name is taken. */
function untilFree<Result>(attempt: (number: number) => Result): Result {
  for (let number = 0; ; number++) {
    try {
      return attempt(number);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || number >= ATTEMPTS) throw error;
    }
  }
}

function rotate(order: WriteOrder, written: Written): void {
  try {
    const own = readdirSync(order.logDir).flatMap((name) => {
      const facts = parseOwnFile(name, order);
      return facts === null ? [] : [{ name, ...facts }];
    });
    for (const { name } of own.filter(({ isTemporary }) => isTemporary)) removeIfStale(join(order.logDir, name));
    const reports = own
      .filter(({ isTemporary }) => !isTemporary)
      .sort((one, other) => (one.date === other.date ? one.number - other.number : one.date < other.date ? -1 : 1));
    const stems = [...new Set(reports.map(({ stem }) => stem))];
    const old = new Set(stems.slice(0, Math.max(0, stems.length - order.keep)));
    for (const { name, stem } of reports) {
      const path = join(order.logDir, name);
      if (old.has(stem) && !written.files.includes(path)) removeQuietly(path);
    }
  } catch (error) {
    written.failures.push(`old reports in ${JSON.stringify(order.logDir)} cannot be deleted: ${messageOf(error)}`);
  }
}

function removeIfStale(path: string): void {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts !== undefined && Date.now() - facts.mtimeMs > STALE_MS) removeQuietly(path);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or it cannot be deleted: either way the report is what matters.
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null | undefined)?.code ?? '');
}
