/** One thread of the report: its snapshot, the evidence about it, and the state that follows from both. */
import type { RawFrame } from '../protocol.js';
import { hotFrames } from '../report/hotFrames.js';
import { parkedBy } from '../report/parked.js';
import { decideState } from '../report/states.js';
import type { Frame, ThreadReport, ThreadRole } from '../report/types.js';
import { helperOf } from '../pools/helpers.js';
import type { Answer, Collected, Evidence, Unread } from './collected.js';

type Complete = (frame: RawFrame) => Frame;

export function assembleThread(answer: Answer, collected: Collected, complete: Complete): ThreadReport {
  const { snapshot, lane } = answer;
  const evidence = evidenceOf(collected, snapshot.threadId);
  const helper = helperOf(snapshot.stack, answer.title);
  const state = decideState({
    role: roleOf(snapshot.threadId, helper),
    readBy: lane,
    instrumented: snapshot.instrumented,
    answeredStack: snapshot.stack,
    secondStack: evidence?.samples.at(-1) ?? null,
    stackSamples: evidence?.samples ?? [],
    kernel: evidence?.kernel ?? null,
    turnedAgoMs: snapshot.turnedAgoMs,
    utilization: snapshot.utilization,
    parkedBy: parkedBy(snapshot.stack),
    phase: snapshot.phase,
    deadlinePassed: false,
  });
  return {
    ...emptyThread(snapshot.threadId, collected, complete),
    osThreadId: snapshot.osThreadId,
    name: nameOf(snapshot.threadId, snapshot.name, answer.title, collected),
    role: roleOf(snapshot.threadId, helper),
    helper,
    phase: snapshot.phase,
    ...state,
    blockedSince: sinceOf(state.blockedForMs, collected),
    readBy: lane,
    answerMs: round(answer.answerMs),
    pauseMs: round(snapshot.pauseMs),
    instrumented: snapshot.instrumented,
    stack: snapshot.stack.map(complete),
    hot: hotFrames([snapshot.stack, ...(evidence?.samples ?? [])], complete),
    eventLoop: snapshot.utilization === null ? null : { utilization: Math.round(snapshot.utilization * 1000) / 1000 },
    heap: snapshot.heap,
    resources: snapshot.resources,
    kernel: evidence?.kernel ?? null,
  };
}

export function unreadThread(unread: Unread, collected: Collected, complete: Complete): ThreadReport {
  const evidence = evidenceOf(collected, unread.threadId);
  const turnedAgoMs = collected.turnedAgoMs[unread.threadId] ?? null;
  const state = decideState({
    role: roleOf(unread.threadId, null),
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
  });
  return {
    ...emptyThread(unread.threadId, collected, complete),
    osThreadId: unread.osThreadId,
    name: nameOf(unread.threadId, null, unread.title, collected),
    ...state,
    evidence: evidence?.wait == null ? state.evidence : [...state.evidence, evidence.wait],
    blockedSince: sinceOf(state.blockedForMs, collected),
    readBy: evidence?.kernel == null ? 'none' : 'kernel',
    instrumented: turnedAgoMs !== null,
    kernel: evidence?.kernel ?? null,
  };
}

function emptyThread(threadId: number, collected: Collected, complete: Complete): ThreadReport {
  const parent = collected.answers.find(({ snapshot }) =>
    snapshot.children.some((child) => child.threadId === threadId),
  );
  const asChild = parent?.snapshot.children.find((child) => child.threadId === threadId);
  return {
    threadId,
    osThreadId: null,
    name: '',
    role: roleOf(threadId, null),
    helper: null,
    parentThreadId: parent?.snapshot.threadId ?? null,
    phase: 'running',
    state: 'unknown',
    blockedForMs: null,
    blockedSince: null,
    readBy: 'none',
    answerMs: null,
    pauseMs: null,
    instrumented: false,
    stack: [],
    hot: [],
    createdAt: (asChild?.createdAt ?? []).map(complete),
    eventLoop: null,
    heap: null,
    resources: {},
    kernel: null,
    pool: null,
    evidence: [],
  };
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
