/** Small guarded reads of procfs and of control groups: what cannot be read is null, and nothing here throws. */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/** Files below this are read whole; a table of all sockets of a machine can be far larger and is read in part. */
const MOST_BYTES = 1024 * 1024;
const CHUNK = 64 * 1024;

/** The file's text without the white space around it, at most 1 MiB of it; null when it cannot be read. */
export function readText(path: string): string | null {
  const descriptor = opened(path);
  if (descriptor === null) return null;
  try {
    return readChunks(descriptor).toString('utf8').trim();
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/** What lies at `position` of a file; fewer bytes than asked for at its end, null when nothing can be read. */
export function readBytes(path: string, position: bigint, length: number): Buffer | null {
  const descriptor = opened(path);
  if (descriptor === null) return null;
  try {
    const buffer = Buffer.alloc(length);
    const count = readSync(descriptor, buffer, 0, length, position);
    return count === 0 ? null : buffer.subarray(0, count);
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/** Where a symbolic link points to; null when it cannot be read. */
export function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** The numbers among a folder's entries (threads, processes); empty when it cannot be read. */
export function readNumbers(path: string): number[] {
  try {
    return readdirSync(path)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function opened(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}

/** Files of procfs say a size of 0, so they are read until they end. */
function readChunks(descriptor: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < MOST_BYTES) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const count = readSync(descriptor, chunk, 0, CHUNK, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return Buffer.concat(chunks);
}
