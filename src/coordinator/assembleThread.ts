/** One thread of the report: its snapshot, the evidence about it, and the state that follows from both. */
import type { ChildThread, RawFrame, ThreadSnapshot } from '../protocol.js';
import { packageOf } from '../report/frames.js';
import { keptAliveBy } from '../report/keptAlive.js';
import { hotFrames } from '../report/hotFrames.js';
import { isAtomicsWait, parkedBy, THIS_REPORT } from '../report/parked.js';
import { decideState, type StateFacts } from '../report/states.js';
import type { Frame, HotFrame, HotSource, ThreadPhase, ThreadReport, ThreadRole } from '../report/types.js';
import { helperOf, type ThreadTraces } from '../pools/helpers.js';
import { libraryOf, pendingGroups } from '../pools/poolLibraries.js';
import type { Answer, Collected, Evidence, Unread } from './collected.js';

type Complete = (frame: RawFrame) => Frame;

/** The kernel shows CPU time in ticks of 1/100 s. */
const TICK_MS = 10;
/** Pools whose workers run their tasks without a turn of the loop in between. */
const POOLS = new Set(['piscina', 'tinypool']);
/** Of node itself: it waits for the entry module to be evaluated, on the main thread and in workers. */
const ENTRY_FILE = 'node:internal/modules/run_main';

export function assembleThread(answer: Answer, collected: Collected, complete: Complete): ThreadReport {
  const { snapshot, lane } = answer;
  const evidence = evidenceOf(collected, snapshot.threadId);
  const helper = helperFor(snapshot.threadId, collected, { ...snapshot, title: answer.title });
  const phase = phaseOf(snapshot);
  const turnedAgoMs = turnedAgo(snapshot, collected);
  const state = decideState({
    role: roleOf(snapshot.threadId, helper),
    readBy: lane,
    instrumented: snapshot.instrumented,
    answeredStack: snapshot.stack,
    secondStack: evidence?.samples.at(-1) ?? null,
    stackSamples: evidence?.samples ?? [],
    kernel: evidence?.kernel ?? null,
    turnedAgoMs,
    utilization: snapshot.utilization,
    parkedBy: isWaitingForThisReport(snapshot, collected) ? THIS_REPORT : parkedBy(snapshot.stack),
    phase,
    deadlinePassed: false,
    loopTurned: evidence?.loopTurned ?? null,
    ticksTurned: evidence?.ticksTurned ?? false,
    ...processFacts(collected),
    ...taskFacts(snapshot, collected),
  });
  return {
    ...emptyThread(snapshot.threadId, collected, complete),
    osThreadId: snapshot.osThreadId ?? evidence?.osThreadId ?? null,
    name: nameOf(snapshot.threadId, snapshot.name, answer.title, collected),
    role: roleOf(snapshot.threadId, helper),
    helper,
    phase,
    ...state,
    blockedSince: sinceOf(state.blockedForMs, collected),
    readBy: lane,
    answerMs: round(answer.answerMs),
    pauseMs: round(snapshot.pauseMs),
    instrumented: snapshot.instrumented,
    stack: snapshot.stack.map(complete),
    turnedAgoMs: roundOrNull(turnedAgoMs),
    hot: hotOf(snapshot.stack, evidence, complete),
    hotFrom: hotSource(evidence),
    eventLoop: snapshot.utilization === null ? null : { utilization: Math.round(snapshot.utilization * 1000) / 1000 },
    heap: snapshot.heap,
    resources: snapshot.resources,
    keptAliveBy: keptAliveBy(snapshot),
    kernel: evidence?.kernel ?? null,
  };
}

export function unreadThread(unread: Unread, collected: Collected, complete: Complete): ThreadReport {
  const evidence = evidenceOf(collected, unread.threadId);
  const turnedAgoMs = collected.turnedAgoMs[unread.threadId] ?? null;
  const helper = helperFor(unread.threadId, collected, { entry: null, stack: [], title: unread.title });
  const state = decideState({
    role: roleOf(unread.threadId, helper),
    readBy: evidence?.kernel == null ? 'none' : 'kernel',
    instrumented: turnedAgoMs !== null,
    answeredStack: [],
    secondStack: null,
    stackSamples: [],
    kernel: evidence?.kernel ?? null,
    turnedAgoMs,
    utilization: null,
    parkedBy: null,
    phase: 'running',
    deadlinePassed: true,
    inspectorReached: evidence?.inspectorReached ?? false,
    ...processFacts(collected),
  });
  return {
    ...emptyThread(unread.threadId, collected, complete),
    osThreadId: unread.osThreadId,
    name: nameOf(unread.threadId, null, unread.title, collected),
    role: roleOf(unread.threadId, helper),
    helper,
    ...state,
    blockedSince: sinceOf(state.blockedForMs, collected),
    turnedAgoMs: roundOrNull(turnedAgoMs),
    readBy: evidence?.kernel == null ? 'none' : 'kernel',
    instrumented: turnedAgoMs !== null,
    kernel: evidence?.kernel ?? null,
  };
}

/** A process that crashes is held by its main thread until the report of that is out. */
function isWaitingForThisReport({ threadId, stack }: ThreadSnapshot, { request }: Collected): boolean {
  return request.trigger.kind === 'crash' && threadId === 0 && isAtomicsWait(stack[0]);
}

function emptyThread(threadId: number, collected: Collected, complete: Complete): ThreadReport {
  const { parent, child } = creationOf(threadId, collected);
  return {
    threadId,
    osThreadId: null,
    name: '',
    role: roleOf(threadId, null),
    helper: null,
    parentThreadId: parent,
    phase: 'running',
    state: 'unknown',
    blockedForMs: null,
    blockedSince: null,
    turnedAgoMs: null,
    readBy: 'none',
    answerMs: null,
    pauseMs: null,
    instrumented: false,
    stack: [],
    hot: [],
    hotFrom: null,
    createdAt: (child?.createdAt ?? []).map(complete),
    eventLoop: null,
    heap: null,
    resources: {},
    keptAliveBy: null,
    kernel: null,
    pool: null,
    evidence: [],
  };
}

/**
 * The functions that the samples had on top; the profiler's, where the samples met nobody's code for the most part. The
 * profiler tells the function, a sample that met the same one tells the line.
 */
function hotOf(stack: RawFrame[], evidence: Evidence | undefined, complete: Complete): HotFrame[] {
  const stacks = [stack, ...(evidence?.samples ?? [])];
  const profiled = evidence?.profile ?? [];
  if (profiled.length === 0) return hotFrames(stacks, complete);
  const met = (frame: RawFrame): RawFrame | undefined =>
    stacks.flat().find((other) => other.function === frame.function && other.file === frame.file);
  return profiled.map(({ frame, share }) => ({ frame: complete(met(frame) ?? frame), share }));
}

/** The first stack counts as well; fewer than three are no share of anything. */
function hotSource(evidence: Evidence | undefined): HotSource | null {
  if ((evidence?.profile ?? []).length > 0) return { by: 'profiler', count: null, overMs: null };
  const count = (evidence?.samples.length ?? 0) + 1;
  return evidence === undefined || count < 3
    ? null
    : { by: 'stack samples', count, overMs: round(evidence.sampledForMs) };
}

/** At the request, or since, where it turned meanwhile; null where no heartbeat tells. */
function turnedAgo(snapshot: ThreadSnapshot, collected: Collected): number | null {
  const known = [collected.turnedAgoMs[snapshot.threadId], snapshot.turnedAgoMs].filter((ms) => typeof ms === 'number');
  return known.length === 0 ? null : Math.min(...known);
}

/** Node waits for the entry module in an async function of its own, which is pending as long as that one is. */
function phaseOf({ phase, tasks }: ThreadSnapshot): ThreadPhase {
  const awaits = tasks?.groups.flatMap((group) => group.awaitStack) ?? [];
  return phase === 'running' && awaits.some(({ file }) => file === ENTRY_FILE) ? 'starting' : phase;
}

/** What the whole process got of the CPUs, the threads that V8 collects garbage with included. */
function processFacts({ reached }: Collected): Pick<StateFacts, 'throttledShare' | 'processCpus'> {
  const shares = (reached?.evidence ?? []).map(({ kernel }) =>
    kernel === null || kernel.sampleMs === 0 ? 0 : (kernel.onCpuMs ?? kernel.cpuTicks * TICK_MS) / kernel.sampleMs,
  );
  const sampleMs = Math.max(0, ...(reached?.evidence ?? []).map(({ kernel }) => kernel?.sampleMs ?? 0));
  const native = sampleMs === 0 ? 0 : (reached?.nativeThreads?.cpuMs ?? 0) / sampleMs;
  return {
    throttledShare: reached?.container?.throttledShare ?? null,
    processCpus: shares.reduce((sum, share) => sum + share, native),
  };
}

/**
 * For a worker of a pool: how long its task runs, as the thread that submitted it knows, or at most so long where that one
 * knows only how long ago the oldest was submitted; null where nobody does.
 */
function taskFacts(snapshot: ThreadSnapshot, collected: Collected): Pick<StateFacts, 'taskRunningMs'> {
  const { threadId, stack } = snapshot;
  const pools = collected.answers.flatMap((answer) => answer.snapshot.pools);
  const running = pools.flatMap((pool) => pool.running).filter((task) => task.threadId === threadId);
  const times = running.map(({ runningMs }) => runningMs).filter((ms) => ms !== null);
  if (times.length > 0) return { taskRunningMs: Math.max(...times) };
  const oldest = oldestPendingMs(snapshot, collected);
  if (oldest !== null) return { taskRunningMs: oldest };
  return stack.some(({ file }) => file !== null && POOLS.has(packageOf(file) ?? '')) ? { taskRunningMs: null } : {};
}

/** A worker that is given one message after another does not turn its loop, however many tasks it has done. */
function oldestPendingMs({ threadId, entry, stack, children }: ThreadSnapshot, collected: Collected): number | null {
  const { parent, child } = creationOf(threadId, collected);
  const createdAt = child?.createdAt ?? [];
  const library = libraryOf({ threadId, entry, createdAt, stack, hasWorkers: children.length > 0 });
  const groups = library === null ? [] : pendingGroups(library, parent, collected.answers);
  return groups.length === 0 ? null : Math.max(...groups.map(({ ageMs }) => ageMs?.max ?? Infinity));
}

/** Main is nobody's helper, whatever it calls. */
function helperFor(threadId: number, collected: Collected, traces: Omit<ThreadTraces, 'createdAt'>): string | null {
  if (threadId === 0) return null;
  return helperOf({ ...traces, createdAt: creationOf(threadId, collected).child?.createdAt ?? [] });
}

function creationOf(threadId: number, collected: Collected): { parent: number | null; child: ChildThread | null } {
  for (const { snapshot } of collected.answers) {
    const child = snapshot.children.find((candidate) => candidate.threadId === threadId);
    if (child !== undefined) return { parent: snapshot.threadId, child };
  }
  return { parent: null, child: null };
}

function evidenceOf(collected: Collected, threadId: number): Evidence | undefined {
  return collected.reached?.evidence.find((evidence) => evidence.threadId === threadId);
}

function roleOf(threadId: number, helper: string | null): ThreadRole {
  if (threadId === 0) return 'main';
  return helper === null ? 'worker' : 'helper';
}

/** The thread's own name, else what its parent or the inspector call it, else `worker N`. Node's default name says nothing. */
function nameOf(threadId: number, own: string | null, title: string | null, collected: Collected): string {
  if (threadId === 0) return 'main';
  const children = collected.answers.flatMap((answer) => answer.snapshot.children);
  const candidates = [
    own,
    children.find((child) => child.threadId === threadId)?.name ?? null,
    title?.replace(/^\[worker \d+\]\s*/, '') ?? null,
  ];
  return candidates.find((name) => name !== null && name !== '' && name !== 'WorkerThread') ?? `worker ${threadId}`;
}

function sinceOf(blockedForMs: number | null, collected: Collected): string | null {
  if (blockedForMs === null) return null;
  return new Date(Date.parse(collected.request.requestedAt) - blockedForMs).toISOString();
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function roundOrNull(ms: number | null): number | null {
  return ms === null ? null : round(Math.max(0, ms));
}
