/**
 * The report as data: what `json` prints, what every view reads. Times are milliseconds, sizes bytes, lines and columns
 * count from 1, dates are ISO 8601 in UTC. Keys may be added in later versions of the format, never renamed.
 */

export type TriggerKind = 'signal' | 'file' | 'api' | 'watchdog' | 'cli' | 'crash' | 'stop';

export interface Trigger {
  kind: TriggerKind;
  /** The signal's name, the file's path, or what else tells this trigger from others of its kind. */
  detail: string;
}

/** What could not be read of a thread, and why, in a person's words. `threadId` is null for the process as a whole. */
export interface NotRead {
  threadId: number | null;
  what: string;
  why: string;
}

/** Who led it: main; the sentinel, since main did not answer; or `gmr dump --attach`, from another process. */
export type CollectedBy = 'main' | 'sentinel' | 'attached';

export interface ReportHeader {
  id: string;
  by: string;
  trigger: Trigger;
  requestedAt: string;
  /** From the request to the last thread's stack. */
  stacksMs: number;
  /** From the request to the finished report, evidence included, rendering and writing not. */
  durationMs: number;
  collectedBy: CollectedBy;
  complete: boolean;
  notRead: NotRead[];
}

export interface Container {
  /** CPUs the control group may use; null without a quota. */
  cpuQuota: number | null;
  /** Share of the scheduler's periods, during the report, in which the group was throttled; null where not known. */
  throttledShare: number | null;
  memoryCurrent: number | null;
  memoryMax: number | null;
  oomKills: number | null;
}

export interface ProcessFacts {
  pid: number;
  ppid: number;
  title: string;
  serviceName: string;
  host: string;
  node: string;
  platform: string;
  arch: string;
  uptimeMs: number;
  argv: string[];
  execArgv: string[];
  /**
   * `rss` of the whole process, null without a procfs; `heapUsed` and `external` of the main thread, null while it hangs
   * (its `heap` among the threads tells then).
   */
  memory: { rss: number | null; heapUsed: number | null; external: number | null };
  container: Container | null;
  /** OS threads of the process that run no JavaScript of their own (libuv pool, V8 helpers), and how busy they were. */
  nativeThreads: { count: number; libuvPoolSize: number; libuvPoolBusy: number | null; cpuMs: number } | null;
  /** Where paths of the application are shown relative to; null when not known. */
  root: string | null;
}

export interface PackageFacts {
  vendor: string | null;
  product: string | null;
  version: string | null;
}

export type FrameKind = 'call' | 'await' | `Promise.${string} #${number}`;

export interface Frame {
  /** Empty for top-level code; `<anonymous>` for a function without a name. */
  function: string;
  /** Absolute path, `node:` name, or what the runtime calls code without a file; null for built-ins of V8. */
  file: string | null;
  line: number | null;
  column: number | null;
  async: boolean;
  kind: FrameKind;
  /** The npm package the file belongs to; null for the application's own code and for `node:`. */
  package: string | null;
  /** False when the place may not be the source's (file changed since the start, transformed at load without a map). */
  sure: boolean;
  /** The line of source, trimmed and redacted; null when it is not known or not sure. */
  source: string | null;
}

export type ThreadRole = 'main' | 'worker' | 'helper' | 'sentinel';
export type ThreadPhase = 'starting' | 'running' | 'exiting';
export type ThreadState =
  | 'idle'
  | 'busy'
  | 'spinning'
  | 'microtask-loop'
  | 'atomics-wait'
  | 'native-cpu'
  | 'native-wait'
  | 'throttled'
  | 'unknown';
export type Lane = 'port' | 'inspector' | 'kernel' | 'none';

export interface HotFrame {
  frame: Frame;
  /** Between 0 and 1: the share of stack samples with this function on top. */
  share: number;
}

export interface HotSource {
  /** Stacks that were asked for one after another, or V8's CPU profiler, which is asked where stacks are empty. */
  by: 'stack samples' | 'profiler';
  /** How many stacks, and over how many ms; null for the profiler. */
  count: number | null;
  overMs: number | null;
}

export interface KernelEvidence {
  /** The scheduler's letter: R running, S sleeping, D in uninterruptible sleep, T stopped. */
  state: string;
  /** CPU ticks (user and system, of 10 ms) between the two samples. */
  cpuTicks: number;
  /** Time between the two samples; 0 when there was only one. */
  sampleMs: number;
  waitChannel: string | null;
  /** The system call's name, or its number where the name is not known. */
  syscall: string | null;
  /** What the system call's descriptor or path argument is. */
  file: string | null;
  /** Time on a CPU and time spent runnable without one, between the samples, from `schedstat`; null without it. */
  onCpuMs: number | null;
  runDelayMs: number | null;
  /** Voluntary and forced context switches between the samples. */
  contextSwitches: { voluntary: number; forced: number } | null;
}

export interface ThreadReport {
  threadId: number;
  osThreadId: number | null;
  name: string;
  role: ThreadRole;
  /** What a helper thread is for (`module hooks`, `logging`); null for all others. */
  helper: string | null;
  parentThreadId: number | null;
  phase: ThreadPhase;
  state: ThreadState;
  /** How long its event loop has not turned; null when it turns or nobody knows. */
  blockedForMs: number | null;
  blockedSince: string | null;
  /** How long ago its loop had last turned when it was asked, as its heartbeat tells; null without one. */
  turnedAgoMs: number | null;
  readBy: Lane;
  /** From the request to this thread's answer; null for a thread that gave none. */
  answerMs: number | null;
  /** How long answering kept the thread from its own work; null for a thread that gave no answer. */
  pauseMs: number | null;
  instrumented: boolean;
  stack: Frame[];
  hot: HotFrame[];
  /** What `hot` was counted in; null where nothing was. */
  hotFrom: HotSource | null;
  /** Where the worker was created, in its parent. */
  createdAt: Frame[];
  eventLoop: { utilization: number } | null;
  heap: { used: number; limit: number } | null;
  /** Active resources that are ref'd, by type, as Node counts them: standard streams too, which keep nothing alive. */
  resources: Record<string, number>;
  /** What keeps its loop going, most first, as the tracker knows it; null where it does not watch handles. */
  keptAliveBy: { type: string; count: number }[] | null;
  kernel: KernelEvidence | null;
  pool: string | null;
  /** How the state was decided: one fact a line, for a person. */
  evidence: string[];
}

/**
 * `http-out`: `GET payments:443 /charge`, method, host and path without query, or `payments:443, other paths` where they are
 * many. `http-in`: a request that this process has not answered yet, by its port: `GET :8080 /orders`. `socket`: the other end,
 * `10.0.0.3:5432`, or `clients of :8080`.
 */
export interface WaitsFor {
  kind: 'http-out' | 'http-in' | 'socket' | 'child-process' | 'file' | 'thread' | 'other';
  what: string;
}

export interface TaskGroup {
  id: string;
  count: number;
  /** `await`, `request` (HTTP, in or out), or the async resource's type (`Timeout`, `TCPWRAP`, `Piscina.Task`, ...). */
  type: string;
  threadIds: number[];
  ageMs: { min: number; median: number; max: number } | null;
  /** Innermost await first; empty for handles. */
  awaitStack: Frame[];
  /** Where the handle was created; empty where no stack was taken. */
  createdAt: Frame[];
  /** True, false, or null where nobody can tell. */
  keepsAlive: boolean | null;
  ref: boolean | null;
  /** Types of the tasks that created these, nearest first. */
  parent: string[];
  /** What the application labelled their scope with; part of what tells groups apart. */
  labels: Record<string, string>;
  waitsFor: WaitsFor | null;
  /** A few async ids; the rest is counted in `idsElided`. */
  ids: number[];
  idsElided: number;
  /** What else a person must know of the group, such as that V8 gives no frames where a promise has two awaiters. */
  note: string | null;
}

/** Something that keeps a thread running, as `whyAlive()` lists it. */
export interface KeptAlive {
  /** The async resource's type (`TCPSERVERWRAP`, `Timeout`, ...). */
  type: string;
  count: number;
  /** True when it says that it is ref'd; null where nobody can tell. */
  ref: boolean | null;
  ageMs: { min: number; median: number; max: number } | null;
  /** When the oldest was made (ISO 8601); null where no age is known. */
  since: string | null;
  /** Where it was made, most recent call first; why-is-node-running knows neither functions nor columns. */
  createdAt: Pick<Frame, 'function' | 'file' | 'line' | 'column'>[];
  /** Who knows it: this package, why-is-node-running, or Node itself (`process.getActiveResourcesInfo`), by type alone. */
  source: 'tracker' | 'why-is-node-running' | 'node';
}

/** The search of one thread's heap for pending promises. */
export interface ThreadHeapScan {
  threadId: number;
  done: boolean;
  /** Why it was done, or was not. */
  why: string;
  /** How long it kept the thread from its own work. */
  pauseMs: number;
}

export type TasksMode = 'off' | 'handles' | 'on' | 'full';

export interface TasksReport {
  mode: TasksMode;
  /** Of all threads whose promises nobody watched: whether any heap was searched, why (not), and the longest pause. */
  heapScan: { done: boolean; why: string; pauseMs: number; byThread: ThreadHeapScan[] };
  pending: number;
  /** How many of the pending promises were asked for their await stack. */
  placesRead: number;
  collectedUnsettled: number;
  groupsElided: number;
  groups: TaskGroup[];
}

export interface PoolTask {
  threadId: number;
  task: string;
  file: string | null;
  /** Null where nobody knows since when. */
  runningMs: number | null;
  queuedMs: number | null;
  submittedAt: Frame[];
  /** Of the scope that submitted it. */
  labels: Record<string, string>;
  /** What it was given, as far as the pool still has it and the option `taskPayload` asks for it; redacted JSON, cut. */
  payload: string | null;
}

/** A task that waits for a worker. */
export interface QueuedPoolTask {
  task: string;
  file: string | null;
  submittedAt: Frame[];
  labels: Record<string, string>;
  payload: string | null;
}

/** What a pool was made with; null where it is not bounded, or not known. */
export interface PoolLimits {
  minThreads: number | null;
  maxThreads: number | null;
  /** After how long an idle worker ends, ms. */
  idleTimeoutMs: number | null;
  /** How many tasks may wait. */
  maxQueue: number | null;
  /** How many tasks a worker may have at once. */
  tasksPerWorker: number | null;
}

/** Times of all tasks that a pool has done, ms. */
export interface PoolTimes {
  p50: number;
  p99: number;
  max: number;
}

export interface PoolReport {
  name: string;
  kind: string;
  file: string | null;
  threadIds: number[];
  busy: number;
  idle: number;
  queued: number;
  oldestQueuedMs: number | null;
  running: PoolTask[];
  /** Where the queued tasks were submitted, most frequent first. */
  queuedAt: { count: number; stack: Frame[] }[];
  /** The one that has waited longest. */
  oldestQueued: QueuedPoolTask | null;
  /** Tasks that run and are not among `running`. */
  runningElided: number;
  /** The thread that made the pool and submits its tasks. */
  ownerThreadId: number;
  /** Null, as all that follows, where the pool's object could not be asked. */
  limits: PoolLimits | null;
  /** Tasks done since the pool was made. */
  completed: number | null;
  /** Between 0 and 1, as the pool counts it. */
  utilization: number | null;
  /** Whether the pool asks for less work. */
  needsDrain: boolean | null;
  /** How long tasks ran, and how long they waited before. */
  runTime: PoolTimes | null;
  waitTime: PoolTimes | null;
  /** How long ago the pool's object was asked: 0 when for this report. */
  factsAgoMs: number | null;
  /** False where nobody tells how many tasks wait: `queued` is then 0, or what is certain to wait. */
  queueKnown: boolean;
  /** Tasks submitted and not done, of a library that does not tell which of them run; null where the others tell, or nobody does. */
  pending: PendingTasks | null;
  /** What is not known of this pool and why, one line each. */
  notKnown: string[];
}

export interface PendingTasks {
  count: number;
  oldestMs: number;
  /** Where they were submitted, most frequent first. */
  at: { count: number; stack: Frame[] }[];
}

export interface ProcessNode {
  pid: number;
  ppid: number;
  user: string | null;
  uid: number | null;
  state: string;
  command: string[];
  instrumented: boolean | null;
  /** How many processes below this one are left out because the tree is too deep. */
  elided: number;
  children: ProcessNode[];
}

export type VerdictCode =
  | 'thread-spinning'
  | 'thread-microtask-loop'
  | 'thread-atomics-wait'
  | 'thread-native-cpu'
  | 'thread-native-wait'
  | 'thread-out-of-memory'
  | 'cpu-throttled'
  | 'task-pileup'
  | 'task-leak'
  | 'pool-saturated'
  | 'pool-stalled'
  | 'libuv-pool-busy'
  | 'deadlock';

export type Severity = 'critical' | 'warning' | 'info';

export interface Verdict {
  code: VerdictCode;
  severity: Severity;
  basis: 'measured' | 'inferred';
  threadId: number | null;
  since: string | null;
  forMs: number | null;
  frame: Frame | null;
  waitsFor: WaitsFor | null;
  /** One sentence. */
  text: string;
  evidence: string[];
  /** What to do or to ask next. */
  next: string[];
}

/** Anything JSON can hold: what a section shows after it was made printable and redacted. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface SectionReport {
  title: string;
  data: Json;
  /** Why the section has no data; null when it has. */
  error: string | null;
}

export interface Report {
  format: 'guru-meditation';
  formatVersion: 1;
  report: ReportHeader;
  process: ProcessFacts;
  package: PackageFacts;
  verdicts: Verdict[];
  threads: ThreadReport[];
  tasks: TasksReport;
  pools: PoolReport[];
  processes: ProcessNode[];
  configuration: { [group: string]: Json };
  /** What options mean, by dotted path, where the configuration itself says so (convict's `doc`). */
  configurationDocs?: { [path: string]: string };
  sections: SectionReport[];
}
