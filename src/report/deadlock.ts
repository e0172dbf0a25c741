/** Threads that wait for each other. Who waits for whom is inferred: shared memory does not say who will wake a waiter. */
import { waitsForModuleHooks } from './parked.js';
import { THRESHOLDS } from './thresholds.js';
import type { ThreadReport, Verdict } from './types.js';
import {
  forTime,
  frameToName,
  inFrame,
  isStuck,
  nameThread,
  newVerdict,
  sinceOf,
  stuckMs,
  type Unjudged,
} from './verdictParts.js';

/**
 * Main in `Atomics.wait` while a worker that could wake it is stuck itself, and workers that are all parked with nobody
 * left to wake them. A thread with a worker of its own waits for that one; else any other may be meant.
 */
export function findDeadlocks(report: Unjudged): Verdict[] {
  const stuck = report.threads.filter((thread) => isStuck(thread, THRESHOLDS.turnedRecentlyMs, report));
  const waiters = stuck.filter((thread) => isWaiting(thread));
  const main = waiters.find((thread) => thread.role === 'main');
  if (main !== undefined) return mainWaits(main, stuck, report);
  return workersWait(waiters, report);
}

function mainWaits(main: ThreadReport, stuck: ThreadReport[], report: Unjudged): Verdict[] {
  const hooks = waitsForModuleHooks(main.stack);
  const others = stuck.filter(
    (thread) => thread !== main && thread.role !== 'sentinel' && (!hooks || thread.role === 'helper'),
  );
  const candidates = others.filter((thread) => thread.pool === null);
  const [partner] = candidates.length > 0 ? candidates : others;
  if (partner === undefined) return [];
  const choice =
    others.length === 1
      ? 'the only thread that is stuck besides main'
      : `one of ${others.length} threads that are stuck besides main`;
  return [
    describe(
      main,
      partner,
      'critical',
      [...main.evidence, `${nameThread(partner)} is ${partner.state}, ${choice}`],
      report,
    ),
  ];
}

/** Workers of a pool of the application's own wait like this for work: only a warning, and only without a free thread. */
function workersWait(waiters: ThreadReport[], report: Unjudged): Verdict[] {
  const workers = waiters.filter((thread) => thread.role === 'worker' && !waitsForModuleHooks(thread.stack));
  const [one, other] = workers;
  if (one === undefined || other === undefined) return [];
  const places = new Set(workers.map((thread) => placeOf(thread)));
  // All at one place is how workers wait for work; threads that wait for each other mostly come by different ways.
  if (places.size === 1 && workers.length > 2) return [];
  const evidence = [`${workers.length} workers sit in Atomics.wait`, 'they may wait for work by design'];
  return [describe(one, other, 'warning', evidence, report)];
}

function describe(
  waiter: ThreadReport,
  partner: ThreadReport,
  severity: 'critical' | 'warning',
  evidence: string[],
  report: Unjudged,
): Verdict {
  const frame = frameToName(waiter, report);
  const both = [stuckMs(waiter, report), stuckMs(partner, report)].filter((ms) => ms !== null);
  const forMs = both.length === 0 ? null : Math.min(...both);
  const each = partner.state === 'atomics-wait' ? ', which waits as well' : `, which is ${partner.state}`;
  const waits = waitsForModuleHooks(waiter.stack) ? 'waits' : 'waits in Atomics.wait';
  return newVerdict({
    code: 'deadlock',
    severity,
    basis: 'inferred',
    threadId: waiter.threadId,
    since: sinceOf(forMs, report),
    forMs,
    frame,
    waitsFor: { kind: 'thread', what: nameThread(partner) },
    text: `${nameThread(waiter)} ${waits}${forTime(forMs)}${inFrame(frame, report)}, probably for ${nameThread(partner)}${each}${inFrame(frameToName(partner, report), report)}`,
    evidence: [...evidence, 'inferred: who waits for whom'],
    next: [`${nameThread(partner)} must move first: look at its stack`],
  });
}

function isWaiting(thread: ThreadReport): boolean {
  return thread.state === 'atomics-wait' || waitsForModuleHooks(thread.stack);
}

function placeOf(thread: ThreadReport): string {
  const caller = thread.stack.find((frame) => frame.file !== null);
  return caller === undefined ? '' : `${caller.file}:${caller.line}`;
}
