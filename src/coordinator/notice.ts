/** Lines of our own on stderr: written at once and past every stream, because a hung main thread flushes none. */
import { writeSync } from 'node:fs';
import type { GuruErrorCode } from '../errors.js';

const said = new Set<string>();

/** One line; the same line is said once in a thread. A closed stderr is nobody's error. */
export function sayOnce(code: GuruErrorCode, message: string): void {
  const line = `guru-meditation: ${message} (${code})\n`;
  if (said.has(line)) return;
  said.add(line);
  try {
    writeSync(2, line);
  } catch {
    // Nobody reads stderr.
  }
}
