/**
 * How another process knows that this one can be asked, and by which signal: the sentinel's thread has it in its name,
 * which the kernel shows to everybody (`/proc/<pid>/task/<tid>/comm`, 15 characters). Nothing is written to a disk, and a
 * process that ended tells nothing any more.
 */
import { writeFileSync } from 'node:fs';

const NAME = 'gmr-sentinel';

/** Names the thread that calls it; 0 for no signal. Linux alone has such names; elsewhere nothing happens. */
export function nameOwnThread(signal: number): void {
  try {
    writeFileSync('/proc/thread-self/comm', `${NAME} ${signal}`);
  } catch {
    // No procfs, or no permission: the command line of the process tells as well, if less surely.
  }
}

/** The number of the signal in a thread's name; 0 for none, null where the thread is no sentinel. */
export function signalInName(name: string): number | null {
  const [, signal] = /^gmr-sentinel (\d+)$/.exec(name.trim()) ?? [];
  return signal === undefined ? null : Number(signal);
}
