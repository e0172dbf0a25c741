/** The lanes of the sentinel, for a report that main leads. */
import { monotonicMs } from '../tasks/clock.js';
import type { HeapScan, Reach, Reached, ReportRequest } from './collected.js';
import type { Link } from './link.js';

/** What the sentinel gets beyond the deadline before main goes on without its answer, in ms. */
const LATE_MS = 180;

/** They get a little longer than the report's deadline to say what they have. */
export function reachBy(link: Link): Reach {
  return {
    read: (request, answered, onStacks) => {
      link.on('stacks', onStacks);
      return link.ask<Reached>('reach', { request, answered }, boundMs(request));
    },
    scan: (request, candidates) => link.ask<HeapScan[]>('scan', { request, candidates }, boundMs(request)),
  };
}

function boundMs({ startedMs, deadlineMs }: ReportRequest): number {
  return Math.max(1, startedMs + deadlineMs + LATE_MS - monotonicMs());
}
