/** An inspector session that is attached while the process exits delays the exit, or prints a line: it is closed first. */
import type { SharedState } from '../agent/sharedState.js';
import type { LastReport } from './lastReport.js';
import type { Link } from './link.js';

/**
 * The sentinel detaches within 0.4 to 8 ms (DESIGN, traps). Where the machine has no time for the threads that it asked, it
 * waits for them, up to 10 s (`DRAIN_MS` there), and a process that goes away before they have answered may not go away at
 * all. A little longer than that, in ms, for a sentinel that is itself short of a CPU.
 */
const DETACH_MS = 12_000;

export function detachAtExit(shared: SharedState, last: LastReport, link: () => Link | null): void {
  process.on('exit', () => {
    last.leave();
    shared.markExiting();
    if (!shared.isAttached) return;
    link()?.tell('exiting', null);
    shared.waitUntilDetached(DETACH_MS);
  });
}
