/** What one request has brought in, before it is a report: plain data that can go from thread to thread. */
import type { HeapFindings, RawFrame, ThreadSnapshot } from '../protocol.js';
import type {
  CollectedBy,
  Container,
  Json,
  KernelEvidence,
  Lane,
  NotRead,
  ProcessFacts,
  SectionReport,
  ThreadHeapScan,
  Trigger,
} from '../report/types.js';

export interface ReportRequest {
  id: string;
  trigger: Trigger;
  /** ISO 8601. */
  requestedAt: string;
  /** On the clock of `monotonicMs`. */
  startedMs: number;
  graceMs: number;
  deadlineMs: number;
  heapScan: 'auto' | 'always' | 'never';
  /** Whether pending tasks are read; a request may do without. */
  readTasks: boolean;
}

/** One thread's snapshot, and how it came. */
export interface Answer {
  snapshot: ThreadSnapshot;
  lane: Lane;
  answerMs: number;
  /** What the inspector calls the thread, where that lane was used. */
  title: string | null;
}

/** A thread that gave no snapshot on any lane. */
export interface Unread {
  threadId: number;
  osThreadId: number | null;
  title: string | null;
  why: string;
}

/** What was gathered about a thread that did not answer its port. */
export interface Evidence {
  threadId: number;
  osThreadId: number | null;
  /** Stacks sampled after the first one, in order. */
  samples: RawFrame[][];
  /** From the first stack to the last sample, ms. */
  sampledForMs: number;
  kernel: KernelEvidence | null;
  /** Whether its loop turned between the first look and the last; null where the runtime does not count. */
  loopTurned?: boolean | null;
  /** Whether it was seen in two different ticks. */
  ticksTurned?: boolean;
  /** False when the inspector could not be asked about it at all. */
  inspectorReached?: boolean;
  /** What the CPU profiler found, where stacks were empty: functions by their own share, most first. */
  profile?: { frame: RawFrame; share: number }[];
}

/** What the inspector and kernel lanes bring. */
export interface Reached {
  answers: Answer[];
  unread: Unread[];
  evidence: Evidence[];
  notRead: NotRead[];
  container: Container | null;
  nativeThreads: ProcessFacts['nativeThreads'];
}

/** What only main can tell, or what it told last. */
export interface MainFacts {
  title: string;
  argv: string[];
  execArgv: string[];
  mainScript: string | null;
  memory: ProcessFacts['memory'];
  configuration: { [group: string]: Json };
  configurationDocs?: { [path: string]: string };
  sections: SectionReport[];
  /** Lines for `notRead`: what of the application's own code was not run, and why. */
  notRun: NotRead[];
}

/** A thread whose promises nobody watched. */
export interface ScanCandidate {
  threadId: number;
  /** Bytes; null when not known. */
  heapUsed: number | null;
  /** Interrupted in the middle of something, since its loop did not turn. */
  isHung: boolean;
  /** In `Atomics.wait`. */
  isWaiting: boolean;
}

/** What became of it; `findings` are null where the heap was not searched to the end. */
export interface HeapScan extends ThreadHeapScan {
  findings: HeapFindings | null;
}

/** Which process the report is of; the one that makes it is another where it was attached to from outside. */
export interface ProcessIdentity {
  pid: number;
  ppid: number;
  /** As `process.version` has it; `unknown` where the process could not be asked. */
  node: string;
  uptimeMs: number;
  /** When it started, in ms since 1970, by the clock as it is now. */
  startedAtMs: number;
}

export interface Collected {
  request: ReportRequest;
  collectedBy: CollectedBy;
  identity: ProcessIdentity;
  answers: Answer[];
  reached: Reached | null;
  notRead: NotRead[];
  main: MainFacts;
  /** What workers registered for each thread. */
  threadSections: { threadId: number; sections: SectionReport[] }[];
  /** Of the threads whose promises nobody watched. */
  heapScans: ThreadHeapScan[];
  /** By thread id: how long each thread's loop had not turned when the request came, from the shared heartbeats. */
  turnedAgoMs: Record<number, number>;
  stacksMs: number;
  durationMs: number;
}

/** The inspector and kernel lanes, wherever they run: in the sentinel, or behind a link to it. */
export interface Reach {
  /**
   * Reads every thread of the process that is not in `answered`. Bounded by the request's deadline; never rejects.
   * @param onStacks - called when the stacks are read, and only the evidence is still to come
   */
  read(request: ReportRequest, answered: number[], onStacks: () => void): Promise<Reached>;
  /** Searches the heaps of these threads, as far as the option and the time allow; one entry for each. Same bounds. */
  scan(request: ReportRequest, candidates: readonly ScanCandidate[]): Promise<HeapScan[]>;
}
