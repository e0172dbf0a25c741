/** What a command prints, whole, also into a slow pipe; a reader that has gone is no error. */
import { writeSync } from 'node:fs';
import { GuruError, messageOf } from '../errors.js';
import { cut, escape } from '../view/escape.js';

const WAIT_MS = 5;
const STDOUT = 1;
const STDERR = 2;

/** What is said of a process that calls itself something of a megabyte is a line all the same, in characters. */
const LINE_MOST = 1000;

/**
 * False when nobody reads any more: who prints again and again can stop.
 * @throws {GuruError} `GMR_OUTPUT` where it cannot be written, as on a full disk.
 */
export function writeAll(text: string, descriptor = STDOUT): boolean {
  const bytes = Buffer.from(text);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw unwritable(descriptor, error);
      Atomics.wait(pause, 0, 0, WAIT_MS);
    }
  }
  return true;
}

/** The same on stderr. What cannot be said there can be said nowhere: that ends nothing, and changes no exit code. */
export function writeNotice(text: string): boolean {
  try {
    return writeAll(text, STDERR);
  } catch {
    return false;
  }
}

/** One line about what went wrong, with its code; texts of others in it drive no terminal. */
export function writeError(message: string, code: string): void {
  writeNotice(`gmr: ${cut(escape(message), LINE_MOST)} (${code})\n`);
}

function unwritable(descriptor: number, cause: unknown): GuruError {
  const name = descriptor === STDOUT ? 'stdout' : 'stderr';
  return new GuruError('GMR_OUTPUT', `${name} cannot be written: ${messageOf(cause)}`, { cause });
}
