/**
 * The report as data: what `json` prints, what every view reads. Times are milliseconds, sizes bytes, lines and columns
 * count from 1, dates are ISO 8601 in UTC. Keys may be added in later versions of the format, never renamed.
 */

import type { PoolReport } from './poolTypes.js';
import type { TasksReport, WaitsFor } from './taskTypes.js';
import type { Frame, ThreadReport } from './threadTypes.js';

export type * from './poolTypes.js';
export type * from './taskTypes.js';
export type * from './threadTypes.js';

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
