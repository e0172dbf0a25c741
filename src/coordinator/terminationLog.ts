/**
 * Where Kubernetes looks for what a container died of (`terminationMessagePath`): the file is there only in a pod. The
 * kubelet shows at most 4,096 bytes of it.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, writeSync } from 'node:fs';
import type { Report } from '../report/types.js';
import { renderLastLine } from '../view/text.js';

export const TERMINATION_LOG = '/dev/termination-log';

/** Two lines of a process that is stopped, and room for what the application writes itself. */
const LONGEST_BYTES = 1024;
const FULL_BYTES = 4096;

/**
 * Adds the verdict as one line to the file, where the file exists, is a regular one, may be written and is not full; else
 * does nothing. What the application wrote stays. Never throws.
 * @returns whether the line was written.
 */
export function writeTerminationLog(report: Report, path = TERMINATION_LOG): boolean {
  try {
    if (!lstatSync(path).isFile()) return false;
    // Not for O_CREAT: outside of a pod nobody wants the file. O_NONBLOCK: a FIFO that took its place must not hold us.
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(path, flags);
    try {
      return append(descriptor, renderLastLine(report));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

function append(descriptor: number, line: string): boolean {
  const stat = fstatSync(descriptor);
  const bytes = Buffer.from(`${line}\n`, 'utf8');
  if (!stat.isFile() || bytes.length > LONGEST_BYTES || stat.size + bytes.length > FULL_BYTES) return false;
  writeSync(descriptor, bytes);
  return true;
}
