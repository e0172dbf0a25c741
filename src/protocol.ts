/**
 * What threads say to each other: the memory they share, the messages on their ports, and the shape of a thread's answer.
 * Nothing in here runs by itself, and everything that comes over a port is checked before it is believed.
 */
import type { MessagePort } from 'node:worker_threads';
import type { PoolFacts } from './pools/adapters/adapter.js';
import type { Frame, SectionReport, TaskGroup, TasksMode, ThreadPhase } from './report/types.js';

/** Under this symbol on `globalThis` every instrumented thread keeps its `AgentHandle`. */
export const AGENT_KEY = Symbol.for('guru-meditation.agent');

/** What the sentinel's thread is called, so that it is known from outside. */
export const SENTINEL_NAME = 'guru-meditation sentinel';

/** Under this key `worker_threads.setEnvironmentData` hands `SharedSetup` to every thread that is started later. */
export const ENVIRONMENT_KEY = 'guru-meditation.shared';

/** A frame as a thread sees it: no source, no package; those are added where nobody waits (see `report/frames`). */
export type RawFrame = Pick<Frame, 'function' | 'file' | 'line' | 'column' | 'async' | 'kind'> & {
  /**
   * The source's place, where the thread itself knows it: by its own source maps, or because the code runs as written. Null
   * where the code was transformed and nobody can tell.
   */
  mapped?: { file: string; line: number; column: number } | null;
};

export interface SnapshotRequest {
  requestId: string;
  /** `port`: between turns of a healthy loop. `inspector`: inside an interrupt, where no microtask may be left behind. */
  lane: 'port' | 'inspector';
  /** Await stacks are read for at most this many promises and this long (ms); counts and ages stay exact. */
  placesMax: number;
  placesMs: number;
  heapScan: 'auto' | 'always' | 'never';
  readTasks: boolean;
  /** Leaves out what takes long where there is much of it: for a first answer, when a whole one may come too late. */
  without?: 'tasks';
}

/** A worker as its parent knows it. */
export interface ChildThread {
  threadId: number;
  name: string | null;
  /** Its entry file, or null for code passed as text. */
  entry: string | null;
  createdAt: RawFrame[];
  createdAgoMs: number | null;
}

/** A group of one thread: it has no id yet, and its frames are as V8 gave them. */
export interface RawTaskGroup extends Omit<TaskGroup, 'id' | 'threadIds' | 'awaitStack' | 'createdAt' | 'idsElided'> {
  /** Ages of all or of an even sample of the tasks, so that groups of several threads can be merged. */
  ages: number[];
  awaitStack: RawFrame[];
  createdAt: RawFrame[];
}

export interface TaskSnapshot {
  mode: TasksMode;
  heapScan: { done: boolean; why: string; pauseMs: number };
  pending: number;
  placesRead: number;
  collectedUnsettled: number;
  groups: RawTaskGroup[];
  groupsElided: number;
  /** Why places or groups are missing, one line each; empty when nothing is. */
  notRead: string[];
}

/** How far a list of promises from the heap is asked, and which scripts are this package's own. */
export interface HeapScanLimits extends Pick<SnapshotRequest, 'placesMax' | 'placesMs'> {
  ownFiles: readonly string[];
}

/** What a thread's heap tells of its pending promises; a part of a `TaskSnapshot`. */
export type HeapFindings = Pick<TaskSnapshot, 'pending' | 'placesRead' | 'groups' | 'groupsElided' | 'notRead'>;

/** A worker pool as the thread that made it knows it: by its tasks' async resources, and by its object where that is known. */
export interface RawPool {
  kind: string;
  /** The async id of the pool's own resource, which no other pool of its thread has; null where there is none. */
  poolId: number | null;
  /** Given by `instrument`; null for a pool without a name of its own. */
  name: string | null;
  /** Whether the tasks were seen one by one; where not, `facts` count them. */
  isTracked: boolean;
  running: RawPoolTask[];
  runningElided: number;
  queued: number;
  oldestQueued: RawPoolTask | null;
  /** Where queued tasks were submitted, most frequent first. */
  queuedAt: { count: number; stack: RawFrame[] }[];
  facts: PoolFacts | null;
  /** How old `facts` are, ms: 0 when read for this request. */
  factsAgoMs: number | null;
  /** Why `facts` are missing or old; null when they are neither. */
  notRead: string | null;
}

/** A task of a worker pool, as its async resource tells. */
export interface RawPoolTask {
  file: string | null;
  name: string | null;
  threadId: number | null;
  queuedMs: number | null;
  /** Null for a task that is queued, and where nobody knows. */
  runningMs: number | null;
  submittedAt: RawFrame[];
  labels: Record<string, string>;
  /** A redacted preview, where the option asks for it and the pool still has it. */
  payload: string | null;
}

/** Of a thread that was interrupted, as long as there is no more of it. */
export const TASKS_LATE = 'tasks: the thread did not list them in time';

/** What a test runner's own state tells of the thread it runs tests in. */
export interface RunningTest {
  runner: string;
  file: string;
  /** With the suites it is in; null while the file is loaded, and between two tests. */
  name: string | null;
  runningMs: number | null;
}

/** What a thread answers on the port lane and on the inspector lane. */
export interface ThreadSnapshot {
  threadId: number;
  osThreadId: number | null;
  name: string | null;
  /** The file that a worker was started with; null on main, for code passed as text, and where nobody knows. */
  entry: string | null;
  /** What a test runner does in this thread; null for all others. */
  test: RunningTest | null;
  phase: ThreadPhase;
  instrumented: boolean;
  pauseMs: number;
  stack: RawFrame[];
  /** Time since its event loop last turned; null where no heartbeat tells. */
  turnedAgoMs: number | null;
  /** Event loop utilization since the last heartbeat, 0 to 1; null where there is none. */
  utilization: number | null;
  heap: { used: number; limit: number } | null;
  resources: Record<string, number>;
  children: ChildThread[];
  /** Titles of what the application registered for each thread, in this one; null where nobody asked. */
  sections: string[] | null;
  /** Worker pools that this thread has made. */
  pools: RawPool[];
  tasks: TaskSnapshot | null;
  /** One line for each thing this thread could not tell, with why. */
  notRead: string[];
}

/** What sits under `AGENT_KEY`: all of it synchronous, none of it throws. */
export interface AgentHandle {
  version: string;
  threadId: number;
  /** JSON of a `ThreadSnapshot`; a string, so that the inspector hands it over whole. */
  snapshot(requestJson: string): string;
  /** JSON of `RawFrame[]`: the stack alone, for the second and later samples of a suspect. */
  stack(): string;
  /** The rest of this copy of the package, for a second copy that finds itself loaded too. */
  host: unknown;
}

/** First all threads are asked for what they tell at once, then for their tasks: so the cheap part waits for nobody's dear one. */
export type ToAgent =
  | { kind: 'snapshot'; request: SnapshotRequest }
  | { kind: 'tasks'; request: SnapshotRequest }
  | { kind: 'settings'; settings: AgentSettings }
  | { kind: 'sections'; requestId: string; timeoutMs: number };

/** The slow part of a snapshot. Nothing in it is missing silently: `notRead` has a line for what is. */
export interface TasksAnswer {
  tasks: TaskSnapshot | null;
  /** The same as in the first answer, now with where and when each was created. */
  children: ChildThread[];
  /** The longest of the slices in which the tasks were read, ms. */
  pauseMs: number;
  notRead: string[];
}

/** Worker pools come before all other tasks: they are few, and say what hung workers were asked to do. */
export interface PoolsAnswer {
  pools: RawPool[];
  /** As in `TasksAnswer`. */
  pauseMs: number;
  notRead: string[];
}

/** The snapshot comes without pools and tasks, and says that the loop turns; those come when their slices are done. No message tells of no pools. */
export type FromAgent =
  | { kind: 'snapshot'; requestId: string; snapshot: ThreadSnapshot }
  | { kind: 'pools'; requestId: string; answer: PoolsAnswer }
  | { kind: 'tasks'; requestId: string; answer: TasksAnswer }
  | { kind: 'sections'; requestId: string; sections: SectionReport[] };

/** What an agent has to know of the options; sent again when `setup` changes them. */
export interface AgentSettings {
  tasks: TasksMode;
  heartbeatMs: number | null;
  taskPayload: number;
}

/** What a new thread finds under `ENVIRONMENT_KEY`. */
export interface SharedSetup {
  buffer: SharedArrayBuffer;
  settings: AgentSettings;
  /** Who leads this process: only threads of the same installation talk to each other. */
  token: string;
  code: SharedCode;
}

/** Files of this package as main has them (`agent/codeCache.ts`). */
export interface SharedCode {
  file: string;
  /** That file as main has compiled it, and the text of what is loaded beside it; nothing before main has put them there. */
  memory: SharedArrayBuffer;
}

/** A thread introduces itself: to the sentinel when there is one, else to main. One port for each of the two. */
export interface Hello {
  kind: 'guru-meditation.hello';
  token: string;
  threadId: number;
  toMain: MessagePort;
  toSentinel: MessagePort | null;
}

export function isHello(value: unknown, token: string): value is Hello {
  if (typeof value !== 'object' || value === null) return false;
  const hello = value as Partial<Hello>;
  return (
    hello.kind === 'guru-meditation.hello' &&
    hello.token === token &&
    Number.isInteger(hello.threadId) &&
    typeof hello.toMain?.postMessage === 'function'
  );
}

/** Checks the second part of an agent's answer. */
export function isPools(value: unknown, requestId: string): value is Extract<FromAgent, { kind: 'pools' }> {
  return isPart(value, 'pools', requestId);
}

/** Checks the third part of an agent's answer. */
export function isTasks(value: unknown, requestId: string): value is Extract<FromAgent, { kind: 'tasks' }> {
  return isPart(value, 'tasks', requestId);
}

/** Checks what a worker's sections are told with. */
export function isSections(value: unknown, requestId: string): value is Extract<FromAgent, { kind: 'sections' }> {
  return isOfKind(value, 'sections', requestId);
}

function isPart(value: unknown, kind: string, requestId: string): boolean {
  if (!isOfKind(value, kind, requestId)) return false;
  const { answer } = value as { answer?: Partial<TasksAnswer> | null };
  return Array.isArray(answer?.notRead);
}

function isOfKind(value: unknown, kind: string, requestId: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const message = value as { kind?: unknown; requestId?: unknown };
  return message.kind === kind && message.requestId === requestId;
}

/** Checks an agent's answer: garbage on a port is ignored, never trusted. */
export function isAnswer(value: unknown, requestId: string): value is Extract<FromAgent, { kind: 'snapshot' }> {
  if (!isOfKind(value, 'snapshot', requestId)) return false;
  const { snapshot } = value as { snapshot?: Partial<ThreadSnapshot> | null };
  return (
    typeof snapshot === 'object' &&
    snapshot !== null &&
    Number.isInteger(snapshot.threadId) &&
    Array.isArray(snapshot.stack)
  );
}
