/** An inspector session that is attached while the process exits delays the exit, or prints a line: it is closed first. */
import type { SharedState } from '../agent/sharedState.js';
import type { LastReport } from './lastReport.js';
import type { Link } from './link.js';

/**
 * The sentinel detaches within 0.4 to 8 ms (DESIGN, traps). Where the machine has no time for it, it may take longer, and a
 * process that goes away before it has done so may not go away at all.
 */
const DETACH_MS = 2000;

export function detachAtExit(shared: SharedState, last: LastReport, link: () => Link | null): void {
  process.on('exit', () => {
    last.leave();
    shared.markExiting();
    if (!shared.isAttached) return;
    link()?.tell('exiting', null);
    shared.waitUntilDetached(DETACH_MS);
  });
}
