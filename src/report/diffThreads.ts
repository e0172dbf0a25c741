/** Threads of two reports side by side: which are stuck in both, and which came, went, hung or got free. */
import { culprit, stackKey } from './frames.js';
import { THRESHOLDS } from './thresholds.js';
import type { Frame, KernelEvidence, Report, ThreadReport, ThreadState } from './types.js';
import { isStuck, nameThread } from './verdictParts.js';

/** How the places of a thread in both reports compare; `unknown` where a report has none. */
export type PlaceChange = 'same-stack' | 'same-function' | 'another-place' | 'unknown';

/** A thread that is stuck in both reports. */
export interface StuckThread {
  threadId: number;
  /** `main`, `worker 3 of pool pdf-render`. */
  name: string;
  /** Its number in the earlier report, which differs where the processes do. */
  threadIdBefore: number;
  state: ThreadState;
  /** How long its loop has not turned, ms; null where nobody knows. */
  forMs: number | null;
  place: PlaceChange;
  /** False when its loop has turned in between, so that it hangs once more; null where nobody knows. */
  isSameHang: boolean | null;
  /** What it is in now: the application's own function before others. Null where no stack could be read. */
  frame: Frame | null;
  frameBefore: Frame | null;
}

export interface ThreadEntry {
  threadId: number;
  name: string;
  state: ThreadState;
  frame: Frame | null;
}

export interface ThreadChanges {
  stuck: StuckThread[];
  /** Stuck in the later report only. */
  newlyStuck: ThreadEntry[];
  /** Stuck in the earlier report, and still there; of two processes, stuck in the earlier one only. */
  freed: ThreadEntry[];
  /** Of one process only: numbers of threads say nothing across processes. */
  new: ThreadEntry[];
  gone: ThreadEntry[];
}

/** What is said of two reports that tell nothing of each other. */
export function noThreadChanges(): ThreadChanges {
  return { stuck: [], newlyStuck: [], freed: [], new: [], gone: [] };
}

/** Threads of one process are the same by number, those of two by what they are stuck in. */
export function threadChanges(before: Report, after: Report, isSame: boolean, betweenMs: number | null): ThreadChanges {
  const pairs = isSame ? pairsById(before, after) : pairsByPlace(before, after);
  const paired = new Set(pairs.flat());
  const changes = noThreadChanges();
  for (const [was, is] of pairs) {
    const isNow = isStuckIn(after, is);
    const wasStuck = isStuckIn(before, was);
    const lasts = isSame && betweenMs !== null && hasNotTurned(is, betweenMs);
    if (isNow ? wasStuck || lasts : wasStuck && lasts)
      changes.stuck.push(stuckThread(was, is, after, isSame, betweenMs));
    else if (isNow) changes.newlyStuck.push(entryOf(is, after));
    else if (wasStuck) changes.freed.push(entryOf(was, before));
  }
  for (const thread of after.threads.filter((one) => !paired.has(one))) {
    if (isStuckIn(after, thread)) changes.newlyStuck.push(entryOf(thread, after));
    else if (isSame) changes.new.push(entryOf(thread, after));
  }
  const left = before.threads.filter((one) => !paired.has(one));
  if (isSame) changes.gone.push(...left.map((one) => entryOf(one, before)));
  else changes.freed.push(...left.filter((one) => isStuckIn(before, one)).map((one) => entryOf(one, before)));
  changes.stuck.sort((one, other) => (other.forMs ?? 0) - (one.forMs ?? 0));
  return changes;
}

/** Also where the later report blames a lack of CPUs: what hung before and has not turned its loop since still hangs. */
function hasNotTurned({ state, blockedForMs }: ThreadReport, betweenMs: number): boolean {
  return state !== 'idle' && state !== 'busy' && blockedForMs !== null && blockedForMs >= betweenMs;
}

type Pair = [ThreadReport, ThreadReport];

function pairsById(before: Report, after: Report): Pair[] {
  const earlier = new Map(before.threads.map((thread) => [thread.threadId, thread]));
  return after.threads.flatMap((thread): Pair[] => {
    const twin = earlier.get(thread.threadId);
    return twin === undefined ? [] : [[twin, thread]];
  });
}

/** Stuck threads at one place; each has at most one twin. */
function pairsByPlace(before: Report, after: Report): Pair[] {
  const left = before.threads.filter((thread) => isStuckIn(before, thread));
  return after.threads
    .filter((thread) => isStuckIn(after, thread))
    .flatMap((thread): Pair[] => {
      const index = left.findIndex((other) => isComparable(placeChange(other, thread, before, after)));
      const [twin] = index === -1 ? [] : left.splice(index, 1);
      return twin === undefined ? [] : [[twin, thread]];
    });
}

function isComparable(place: PlaceChange): boolean {
  return place === 'same-stack' || place === 'same-function';
}

/** By the report's own verdicts, which know more than the state (a pool's worker may compute for long), else by the state. */
function isStuckIn(report: Report, thread: ThreadReport): boolean {
  const isAccused = report.verdicts.some(
    ({ code, severity, threadId }) =>
      threadId === thread.threadId && severity !== 'info' && (code.startsWith('thread-') || code === 'deadlock'),
  );
  const leastMs = thread.pool === null ? THRESHOLDS.turnedRecentlyMs : THRESHOLDS.workerStuckMs;
  return isAccused || isStuck(thread, leastMs, report);
}

function stuckThread(
  was: ThreadReport,
  is: ThreadReport,
  after: Report,
  isSame: boolean,
  betweenMs: number | null,
): StuckThread {
  return {
    threadId: is.threadId,
    name: nameThread(is),
    threadIdBefore: was.threadId,
    state: is.state,
    forMs: is.blockedForMs,
    place: placeChange(was, is, after, after),
    isSameHang: isSame && betweenMs !== null && is.blockedForMs !== null ? is.blockedForMs >= betweenMs : null,
    frame: frameOf(is, after),
    frameBefore: frameOf(was, after),
  };
}

function placeChange(was: ThreadReport, is: ThreadReport, before: Report, after: Report): PlaceChange {
  if (was.stack.length === 0 && is.stack.length === 0)
    return isSameCall(was.kernel, is.kernel) ? 'same-stack' : 'unknown';
  if (stackKey('', was.stack.map(withoutColumn)) === stackKey('', is.stack.map(withoutColumn))) return 'same-stack';
  const [one, other] = [frameOf(was, before), frameOf(is, after)];
  if (one === null || other === null) return 'unknown';
  return one.function === other.function && one.file === other.file ? 'same-function' : 'another-place';
}

/** A loop is interrupted at any of its calls: within one line it has not moved. */
function withoutColumn(frame: Frame): Frame {
  return { ...frame, column: null };
}

/** Without a stack the kernel's word is all there is. */
function isSameCall(one: KernelEvidence | null, other: KernelEvidence | null): boolean {
  return (
    one !== null && other !== null && one.syscall !== null && one.syscall === other.syscall && one.file === other.file
  );
}

function frameOf(thread: ThreadReport, report: Report): Frame | null {
  return culprit(thread.stack, report.process.root);
}

function entryOf(thread: ThreadReport, report: Report): ThreadEntry {
  const { threadId, state } = thread;
  return { threadId, name: nameThread(thread), state, frame: frameOf(thread, report) };
}
