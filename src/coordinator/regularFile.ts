/** Reads what a path leads to only if it is a plain file of a bounded size: no device, no pipe, nothing that blocks. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';

export interface FileText {
  text: string;
  /** When it was last written, in ms since 1970. */
  modifiedMs: number;
}

/**
 * The text of a file, as UTF-8; null where there is none to be read, or it has more than `maxBytes`. A file that says it
 * is empty, as those of `/proc` do, is.
 */
export function readRegularFile(path: string, maxBytes: number): FileText | null {
  try {
    // Opening a device may do something, so it is looked at first.
    if (!isReadable(statSync(path), maxBytes)) return null;
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(descriptor);
      if (!isReadable(stats, maxBytes)) return null;
      return { text: readText(descriptor, stats.size), modifiedMs: stats.mtimeMs };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

function isReadable(stats: Stats, maxBytes: number): boolean {
  return stats.isFile() && stats.size <= maxBytes;
}

function readText(descriptor: number, size: number): string {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, buffer, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.toString('utf8', 0, length);
}
