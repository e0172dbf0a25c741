/** The sentinel's place among the threads of its process. */
import { setPriority } from 'node:os';
import { readOsThreadId } from '../agent/describe.js';

/** Between that of the application (0) and the highest (-20). */
const PRIORITY = -10;

/** Where the process may, this thread goes before threads that spin: it sleeps but for reports. Linux has priorities a thread. */
export function raisePriority(): void {
  const osThreadId = readOsThreadId();
  try {
    if (osThreadId !== null) setPriority(osThreadId, PRIORITY);
  } catch {
    // Only a privileged process may.
  }
}
