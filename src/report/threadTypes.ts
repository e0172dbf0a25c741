/** A thread as a report has it: what it is, where it stands, and what the kernel says of it. */

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
