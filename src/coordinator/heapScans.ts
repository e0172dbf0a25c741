/** Threads whose promises nobody watched: their heaps are searched, and what is found there joins their tasks. */
import { messageOf } from '../errors.js';
import type { TaskSnapshot, ThreadSnapshot } from '../protocol.js';
import { isAtomicsWait, parkedBy } from '../report/parked.js';
import type { ThreadHeapScan } from '../report/types.js';
import type { Answer, Evidence, HeapScan, Reach, ReportRequest, ScanCandidate } from './collected.js';

const NO_TASKS: TaskSnapshot = {
  mode: 'off',
  heapScan: { done: false, why: 'not asked for', pauseMs: 0 },
  pending: 0,
  placesRead: 0,
  collectedUnsettled: 0,
  groups: [],
  groupsElided: 0,
  notRead: [],
};

const NO_PRELOAD = 'tasks: this thread does not have the preload';
const WITHOUT_PRELOAD = `${NO_PRELOAD}: of its tasks only those that wait in an async function are known, and not since when`;

/** Whether a thread's line for `notRead` says no more than that it was not instrumented; the probe has one as well. */
export function isWithoutPreload(line: string): boolean {
  return line.startsWith(NO_PRELOAD);
}

/** Has the heaps searched of all threads that need it; puts what is found into the answers. Never rejects. */
export async function scanHeaps(
  reach: Reach | null,
  request: ReportRequest,
  answers: readonly Answer[],
  evidence: readonly Evidence[],
): Promise<ThreadHeapScan[]> {
  const turning = new Set(evidence.flatMap(({ threadId, loopTurned }) => (loopTurned === true ? [threadId] : [])));
  const unwatched = answers.filter(({ snapshot }) => isUnwatched(snapshot));
  const candidates = unwatched.map((answer) => candidateOf(answer, turning));
  if (candidates.length === 0) return [];
  const scans = await scanned(reach, request, candidates);
  return scans.map((scan) => {
    const answer = answers.find(({ snapshot }) => snapshot.threadId === scan.threadId);
    if (answer !== undefined) addScan(answer.snapshot, scan);
    const { findings: _findings, ...told } = scan;
    return told;
  });
}

/** Parked by its pool it runs nothing, and is left alone; one whose tasks did not come in time has a line already. */
function isUnwatched({ instrumented, tasks, stack }: ThreadSnapshot): boolean {
  if (parkedBy(stack) !== null) return false;
  return !instrumented || tasks?.mode === 'off' || tasks?.mode === 'handles';
}

function candidateOf({ snapshot, lane }: Answer, turning: ReadonlySet<number>): ScanCandidate {
  return {
    threadId: snapshot.threadId,
    heapUsed: snapshot.heap?.used ?? null,
    isHung: lane === 'inspector' && snapshot.stack.length > 0 && !turning.has(snapshot.threadId),
    isWaiting: isAtomicsWait(snapshot.stack[0]),
  };
}

/** The entry of a thread whose heap was not searched. */
export function notScanned({ threadId }: ScanCandidate, why: string): HeapScan {
  return { threadId, done: false, why, pauseMs: 0, findings: null };
}

async function scanned(
  reach: Reach | null,
  request: ReportRequest,
  candidates: readonly ScanCandidate[],
): Promise<HeapScan[]> {
  const none = (why: string): HeapScan[] => candidates.map((candidate) => notScanned(candidate, why));
  if (request.heapScan === 'never') return none('heapScan is never');
  if (reach === null) return none('skipped: there is no sentinel to search by inspector');
  try {
    return await reach.scan(request, candidates);
  } catch (error) {
    return none(`skipped: the sentinel did not search: ${messageOf(error)}`);
  }
}

function addScan(snapshot: ThreadSnapshot, { done, why, pauseMs, findings }: HeapScan): void {
  snapshot.pauseMs = Math.max(snapshot.pauseMs, pauseMs);
  if (snapshot.tasks !== null) snapshot.tasks.heapScan = { done, why, pauseMs };
  if (findings === null) {
    if (!snapshot.instrumented) snapshot.notRead.push(`promises: the heap was not searched for them; ${why}`);
    return;
  }
  if (!snapshot.instrumented)
    snapshot.notRead = [...snapshot.notRead.filter((line) => !line.startsWith('tasks: ')), WITHOUT_PRELOAD];
  const known = snapshot.tasks ?? NO_TASKS;
  snapshot.tasks = {
    ...known,
    heapScan: { done, why, pauseMs },
    pending: known.pending + findings.pending,
    placesRead: known.placesRead + findings.placesRead,
    groups: [...known.groups, ...findings.groups],
    groupsElided: known.groupsElided + findings.groupsElided,
    notRead: [...known.notRead, ...findings.notRead],
  };
}
