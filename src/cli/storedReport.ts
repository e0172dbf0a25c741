/** A report that was stored as JSON, read back. It is data from somewhere: nothing of it is believed before it is checked. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { GuruError, messageOf } from '../errors.js';
import { structuralFault } from '../report/check.js';
import type { Report } from '../report/types.js';
import { escape } from '../view/escape.js';

/** A report of 100,000 tasks is some 50 MB; what is larger is no report, and a string could not hold it. */
const FILE_MAX = 256 * 1024 * 1024;
const CHUNK = 1024 * 1024;
const STDIN = '-';

/**
 * The report in the file, or in stdin for `-`.
 * @throws {GuruError} `GMR_USAGE` for a file that cannot be read, is no report, or is one of a later format.
 */
export function readStoredReport(command: string, file: string): Report {
  const name = file === STDIN ? 'stdin' : escape(file);
  const wrong = (what: string, cause?: unknown): GuruError =>
    new GuruError('GMR_USAGE', `${command}: ${name} ${what}`, { cause });
  let text: string;
  try {
    text = readText(file);
  } catch (cause) {
    throw wrong(`cannot be read: ${escape(messageOf(cause))}`, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(`is no whole JSON: ${escape(messageOf(cause))}`, cause);
  }
  const report = (typeof value === 'object' && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  if (report['format'] !== 'guru-meditation') throw wrong('is no report of guru-meditation');
  const version = report['formatVersion'];
  if (version !== 1) throw wrong(`has format version ${typeof version === 'number' ? version : '?'}, expected 1`);
  const fault = structuralFault(value);
  if (fault !== null) throw wrong(`is no sound report: ${fault}`);
  return value as Report;
}

/** Reads to the end or to the bound, also of a pipe, whose size nobody knows before. */
function readText(file: string): string {
  const descriptor = file === STDIN ? 0 : openSync(file, 'r');
  try {
    if (fstatSync(descriptor).isDirectory()) throw new Error('it is a directory');
    const chunks: Buffer[] = [];
    let total = 0;
    for (let chunk = readChunk(descriptor); chunk.length > 0; chunk = readChunk(descriptor)) {
      chunks.push(chunk);
      total += chunk.length;
      if (total > FILE_MAX) throw new Error('it is larger than any report');
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

/** An empty chunk is the end. A stdin that somebody made non-blocking is waited for. */
function readChunk(descriptor: number): Buffer {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return chunk.subarray(0, readSync(descriptor, chunk));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'EOF') return chunk.subarray(0, 0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}
