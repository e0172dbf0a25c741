/** One request, from the first question to everything that the lanes bring. */
import { monotonicMs, type SharedState } from '../agent/sharedState.js';
import { messageOf } from '../errors.js';
import type { SnapshotRequest, ThreadSnapshot } from '../protocol.js';
import type { NotRead } from '../report/types.js';
import type { Answer, Collected, MainFacts, Reach, Reached, ReportRequest } from './collected.js';
import type { PortLane } from './portLane.js';

/** Await stacks read in one thread at most: a bound on the pause; counts and ages are not bounded (DESIGN, traps). */
const PLACES_MAX = 2000;
const PLACES_MS = 100;

export interface Lanes {
  collectedBy: 'main' | 'sentinel';
  shared: SharedState;
  heartbeatMs: number | null;
  ports: PortLane;
  reach: Reach | null;
  /** The snapshot of the thread that leads, when that thread counts; null in the sentinel. */
  own: ((request: SnapshotRequest) => Promise<ThreadSnapshot>) | null;
  /** What main tells besides its snapshot. */
  mainFacts: (request: ReportRequest) => Promise<MainFacts>;
}

export async function collect(request: ReportRequest, lanes: Lanes): Promise<Collected> {
  const turnedAgoMs = Object.fromEntries(
    lanes.shared.threads().map((slot) => [slot.threadId, request.startedMs - slot.turnedAtMs]),
  );
  const question = toSnapshotRequest(request, 'port');
  const asking = lanes.ports.ask(question, request.startedMs);
  const own = askOwn(lanes, question, request);
  const facts = lanes.mainFacts(request);
  await asking.spoken(staleThreads(lanes), request.graceMs);
  const silent = !isEverybody(lanes, asking.alive, []);
  const reading = silent ? reach(lanes, request, asking.alive) : null;
  const sections = lanes.ports.sections(
    request.id,
    asking.alive.filter((threadId) => threadId !== 0),
    sectionsBound(request),
  );
  await asking.answered(request.deadlineMs);
  const answers = [...(await own), ...asking.answers.values()];
  const reached = (await reading) ?? (await reachForgotten(lanes, request, answers));
  const notRead = lateAnswers(asking.alive, answers);
  return {
    request,
    collectedBy: lanes.collectedBy,
    answers: [...answers, ...(reached?.answers ?? [])],
    reached,
    notRead,
    main: await facts,
    threadSections: await sections,
    turnedAgoMs,
    stacksMs: Math.max(0, ...[...answers, ...(reached?.answers ?? [])].map((answer) => answer.answerMs)),
    durationMs: monotonicMs() - request.startedMs,
  };
}

export function toSnapshotRequest(request: ReportRequest, lane: 'port' | 'inspector'): SnapshotRequest {
  return { requestId: request.id, lane, placesMax: PLACES_MAX, placesMs: PLACES_MS, heapScan: request.heapScan };
}

/** Sections of workers get what the deadline leaves, less what it takes to put the report together. */
function sectionsBound(request: ReportRequest): number {
  return Math.max(1, request.startedMs + request.deadlineMs - monotonicMs() - 100);
}

/** Threads whose loop has not turned for two heartbeats: nobody waits for those to answer their port. */
function staleThreads(lanes: Lanes): Set<number> {
  if (lanes.heartbeatMs === null) return new Set();
  const staleBefore = monotonicMs() - lanes.heartbeatMs * 2 - 50;
  return new Set(lanes.shared.threads().flatMap((slot) => (slot.turnedAtMs < staleBefore ? [slot.threadId] : [])));
}

/** Whether `alive` and ourselves are all threads that anybody knows of: those with a slot, and the children of `answers`. */
function isEverybody(lanes: Lanes, alive: number[], answers: Answer[]): boolean {
  const known = new Set([0, ...lanes.shared.threads().map((slot) => slot.threadId)]);
  for (const answer of answers) for (const child of answer.snapshot.children) known.add(child.threadId);
  known.delete(lanes.shared.sentinelThreadId);
  for (const threadId of alive) known.delete(threadId);
  if (lanes.own !== null) known.delete(0);
  return known.size === 0;
}

async function askOwn(lanes: Lanes, question: SnapshotRequest, request: ReportRequest): Promise<Answer[]> {
  if (lanes.own === null) return [];
  const snapshot = await lanes.own(question);
  return [{ snapshot, lane: 'port', answerMs: monotonicMs() - request.startedMs, title: null }];
}

/** Children without an agent are known only once their parents have answered. */
async function reachForgotten(lanes: Lanes, request: ReportRequest, answers: Answer[]): Promise<Reached | null> {
  const alive = answers.map((answer) => answer.snapshot.threadId);
  return isEverybody(lanes, alive, answers) ? null : reach(lanes, request, alive);
}

async function reach(lanes: Lanes, request: ReportRequest, alive: number[]): Promise<Reached> {
  const answered = lanes.own === null ? alive : [0, ...alive];
  try {
    if (lanes.reach !== null) return await lanes.reach.read(request, answered);
    return unreachable(lanes, answered, 'its loop does not turn, and there is no sentinel to read it by inspector');
  } catch (error) {
    return unreachable(lanes, answered, `the sentinel did not read it: ${messageOf(error)}`);
  }
}

function unreachable(lanes: Lanes, answered: number[], why: string): Reached {
  const silent = lanes.shared.threads().filter((slot) => !answered.includes(slot.threadId));
  return {
    answers: [],
    unread: silent.map((slot) => ({ threadId: slot.threadId, osThreadId: slot.osThreadId, title: null, why })),
    evidence: [],
    notRead: [],
    container: null,
    nativeThreads: null,
  };
}

function lateAnswers(alive: number[], answers: Answer[]): NotRead[] {
  const read = new Set(answers.map((answer) => answer.snapshot.threadId));
  return alive
    .filter((threadId) => !read.has(threadId))
    .map((threadId) => ({
      threadId,
      what: 'tasks',
      why: 'its loop turns, but its answer was not complete at the deadline',
    }));
}
