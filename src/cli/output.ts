/** What a command prints, whole, also into a slow pipe; a reader that has gone is no error. */
import { writeSync } from 'node:fs';

const WAIT_MS = 5;
const STDOUT = 1;

/** False when nobody reads any more: who prints again and again can stop. */
export function writeAll(text: string, descriptor = STDOUT): boolean {
  const bytes = Buffer.from(text);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, WAIT_MS);
    }
  }
  return true;
}
