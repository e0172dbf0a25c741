/** File requests: a file is looked at and read, one after the other. */
import { readFile, stat } from 'node:fs/promises';

export const OPERATIONS = 250;

export function prepare() {
  return async (count) => {
    for (let index = 0; index < count; index += 2) {
      await stat(import.meta.filename);
      await readFile(import.meta.filename);
    }
  };
}
