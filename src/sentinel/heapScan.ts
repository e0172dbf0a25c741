/**
 * The search of other threads' heaps for pending promises, for one report: one thread after the other, since each search
 * takes the CPUs for its collections of garbage; main comes last, since all messages go through it. `Runtime.queryObjects`
 * lists the promises, and the probe picks the pending ones in the thread itself; nothing of either is left behind.
 *
 * Promises of other `vm` contexts are not found: each context would cost as many collections again.
 */
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../tasks/clock.js';
import type { HeapScan, ReportRequest, ScanCandidate } from '../coordinator/collected.js';
import { toSnapshotRequest } from '../coordinator/collect.js';
import { notScanned } from '../coordinator/heapScans.js';
import type { HeapFindings } from '../protocol.js';
import { SEARCHED } from '../report/heapScans.js';
import { slownessAfter, whyNotScanned } from '../report/scanCost.js';
import type { MayAnswer } from './drain.js';
import { awaitedExpression, PROMISE_PROTOTYPE } from './expressions.js';
import { MAIN, type Session, type Target } from './inspectorSession.js';

/** Kept from the deadline for putting the report together, in ms. */
const RESERVE_MS = 60;
/** How long main may take to let the session see its workers, and those to show up after that, in ms. */
const OPEN_MS = 200;
const SHOW_UP_MS = 50;
/**
 * Everything that is asked for a search is let go of under this name. Under this one a result of a call is `$_` in the
 * evaluates after it: so the list gets into an evaluate, which has a `timeout` (see InspectorSession), as a call has not.
 */
const GROUP = 'console';
/** Far more than the probe takes, in ms. */
const EVALUATE_MS = 5000;

/**
 * A worker that is terminated inside `Atomics.wait` while the probe runs in it may abort the process there, and the call of
 * a function, unlike an evaluate, cannot be given the timeout that keeps it from that (see InspectorSession). The lines of
 * Node where that is so have this flag.
 */
export const FRAGILE_WAITS_FLAG = '--trace-atomics-wait';

/** What is known of searches in a process. */
export interface ScanPace {
  /** How much slower than estimated they are: what one report learns serves the next. */
  slowness: number;
  /** Whether its Node is one where threads in `Atomics.wait` are left alone. */
  waitsAreFragile: boolean;
}

export class HeapScanner {
  readonly #request: ReportRequest;
  readonly #pace: ScanPace;
  readonly #session: Session;
  readonly #targets = new Map<number, Target>([[0, { session: MAIN, threadId: 0, title: 'main' }]]);

  /** @param session - not open yet; opened for a search only, and closed when the scanner drains */
  constructor(request: ReportRequest, pace: ScanPace, session: Session) {
    this.#request = request;
    this.#session = session;
    this.#pace = pace;
  }

  /** Whether any of these would be searched now: a session is opened for nothing less. */
  isWorthOpening(candidates: readonly ScanCandidate[]): boolean {
    return candidates.some((candidate) => this.#whyNot(candidate) === null);
  }

  /** Searches what the time allows; one entry for each candidate. */
  async scan(candidates: readonly ScanCandidate[]): Promise<HeapScan[]> {
    if (this.isWorthOpening(candidates)) await this.#open(candidates);
    const scans: HeapScan[] = [];
    for (const candidate of inOrder(candidates)) {
      const why = this.#whyNot(candidate) ?? (this.#targets.has(candidate.threadId) ? null : NOT_REACHED);
      scans.push(why === null ? await this.#scanOne(candidate) : notScanned(candidate, why));
    }
    return scans;
  }

  /** Detaches once nothing that was asked is under way any more, as `InspectorSession.drain` has it. */
  async drain(mayAnswer: MayAnswer): Promise<void> {
    await this.#session.drain(mayAnswer);
    this.#session.close();
  }

  async #open(candidates: readonly ScanCandidate[]): Promise<void> {
    this.#session.connect();
    const missing = new Set(candidates.map(({ threadId }) => threadId).filter((threadId) => threadId !== 0));
    if (missing.size === 0) return;
    const found = (target: Target): void => {
      this.#targets.set(target.threadId, target);
      missing.delete(target.threadId);
    };
    await this.#session.watchWorkers(found, Math.min(OPEN_MS, this.#remainingMs()));
    const until = monotonicMs() + Math.min(SHOW_UP_MS, this.#remainingMs());
    while (missing.size > 0 && monotonicMs() < until) await setTimeout(5);
  }

  #whyNot({ threadId, heapUsed, isHung, isWaiting }: ScanCandidate): string | null {
    if (isWaiting && this.#pace.waitsAreFragile) return FRAGILE;
    const { slowness } = this.#pace;
    const option = this.#request.heapScan;
    const isLeader = threadId === 0 && !isHung;
    return whyNotScanned({ option, heapUsed, isHung, isLeader, slowness, remainingMs: this.#remainingMs() });
  }

  async #scanOne(candidate: ScanCandidate): Promise<HeapScan> {
    const started = monotonicMs();
    const target = this.#targets.get(candidate.threadId) as Target;
    const ask = (method: string, params: object): Promise<unknown> =>
      this.#session.post(target.session, method, params, this.#remainingMs());
    const findings = await findAwaited(ask, toSnapshotRequest(this.#request, 'inspector'));
    void ask('Runtime.releaseObjectGroup', { objectGroup: GROUP });
    const pauseMs = Math.round(monotonicMs() - started);
    const { slowness } = this.#pace;
    const slownessNow = slownessAfter(slowness, candidate.heapUsed ?? 0, pauseMs);
    if (findings === UNFINISHED && this.#remainingMs() > 0) return { ...notScanned(candidate, NO_ANSWER), pauseMs };
    if (findings === UNFINISHED) this.#pace.slowness = Math.max(slowness, slownessNow);
    if (typeof findings === 'string') return { ...notScanned(candidate, findings), pauseMs };
    this.#pace.slowness = slownessNow;
    return { threadId: candidate.threadId, done: true, why: SEARCHED, pauseMs, findings };
  }

  #remainingMs(): number {
    return Math.max(0, this.#request.startedMs + this.#request.deadlineMs - RESERVE_MS - monotonicMs());
  }
}

const FRAGILE = 'skipped: on this line of Node that is not safe in a thread that sits in Atomics.wait';
const NOT_REACHED = 'skipped: the inspector did not reach the thread';
const REPLACED = 'skipped: the application put something of its own in place of Promise';
const NO_ANSWER = 'begun, and the thread gave no answer, as one that ends';
const UNFINISHED = 'begun, and not done when the report had to be';

/** What the thread's heap tells, or why it does not. */
async function findAwaited(
  ask: (method: string, params: object) => Promise<unknown>,
  { placesMax, placesMs }: { placesMax: number; placesMs: number },
): Promise<HeapFindings | string> {
  const first = { expression: PROMISE_PROTOTYPE, objectGroup: GROUP, silent: true, timeout: EVALUATE_MS };
  const prototype = await ask('Runtime.evaluate', first);
  const prototypeObjectId = objectIdOf(prototype, 'result');
  if (prototypeObjectId === null) return prototype === null ? UNFINISHED : REPLACED;
  const objectId = objectIdOf(await ask('Runtime.queryObjects', { prototypeObjectId, objectGroup: GROUP }), 'objects');
  if (objectId === null) return UNFINISHED;
  const hand = { objectId, functionDeclaration: 'function () { return this; }', objectGroup: GROUP, silent: true };
  if ((await ask('Runtime.callFunctionOn', hand)) === null) return UNFINISHED;
  const expression = awaitedExpression({ placesMax, placesMs });
  const question = { expression, includeCommandLineAPI: true, returnByValue: true, silent: true, timeout: EVALUATE_MS };
  return findingsOf(await ask('Runtime.evaluate', question)) ?? UNFINISHED;
}

function objectIdOf(answer: unknown, key: 'result' | 'objects'): string | null {
  const object = (answer as Record<string, { objectId?: unknown } | undefined> | null)?.[key];
  return typeof object?.objectId === 'string' ? object.objectId : null;
}

function findingsOf(answer: unknown): HeapFindings | null {
  const text = (answer as { result?: { value?: unknown } } | null)?.result?.value;
  if (typeof text !== 'string') return null;
  try {
    const findings = JSON.parse(text) as HeapFindings;
    return Array.isArray(findings.groups) ? findings : null;
  } catch {
    return null;
  }
}

function rank({ threadId, isHung }: ScanCandidate): number {
  if (threadId === 0) return 2;
  return isHung ? 0 : 1;
}

/** Those that hang first: nobody else tells their tasks, and the pause costs them nothing; then the cheapest; main last. */
function inOrder(candidates: readonly ScanCandidate[]): ScanCandidate[] {
  return [...candidates].sort((one, other) => rank(one) - rank(other) || (one.heapUsed ?? 0) - (other.heapUsed ?? 0));
}
