/**
 * The order of keys of a report, which JSON and XML print: that of the types, wherever a report was put together. The
 * compiler holds these tables against the types; keys that a later version added stay, behind the known ones.
 */
import type {
  Container,
  Frame,
  HotFrame,
  HotSource,
  KernelEvidence,
  NotRead,
  PackageFacts,
  PoolLimits,
  PoolReport,
  PoolTask,
  PoolTimes,
  ProcessFacts,
  ProcessNode,
  QueuedPoolTask,
  Report,
  ReportHeader,
  SectionReport,
  TaskGroup,
  TasksReport,
  ThreadHeapScan,
  ThreadReport,
  Trigger,
  Verdict,
  WaitsFor,
} from '../report/types.js';

/** For each key the order of what it holds (of each element, for arrays); null where there is nothing to order. */
interface Order {
  [key: string]: Order | null;
}

type OrderOf<Type> = Record<keyof Type, Order | null>;

/** Beyond this depth data is left out and said to be: no reader needs it, and recursion has an end. */
const DEPTH_MOST = 100;

const frame = {
  function: null,
  file: null,
  line: null,
  column: null,
  async: null,
  kind: null,
  package: null,
  sure: null,
  source: null,
} satisfies OrderOf<Frame>;
const waitsFor = { kind: null, what: null } satisfies OrderOf<WaitsFor>;
const trigger = { kind: null, detail: null } satisfies OrderOf<Trigger>;
const notRead = { threadId: null, what: null, why: null } satisfies OrderOf<NotRead>;
const header = {
  id: null,
  by: null,
  trigger,
  requestedAt: null,
  stacksMs: null,
  durationMs: null,
  collectedBy: null,
  complete: null,
  notRead,
} satisfies OrderOf<ReportHeader>;
const container = {
  cpuQuota: null,
  throttledShare: null,
  memoryCurrent: null,
  memoryMax: null,
  oomKills: null,
} satisfies OrderOf<Container>;
const facts = {
  pid: null,
  ppid: null,
  title: null,
  serviceName: null,
  host: null,
  node: null,
  platform: null,
  arch: null,
  uptimeMs: null,
  argv: null,
  execArgv: null,
  memory: { rss: null, heapUsed: null, external: null },
  container,
  nativeThreads: { count: null, libuvPoolSize: null, libuvPoolBusy: null, cpuMs: null },
  root: null,
} satisfies OrderOf<ProcessFacts>;
const packageFacts = { vendor: null, product: null, version: null } satisfies OrderOf<PackageFacts>;
const verdict = {
  code: null,
  severity: null,
  basis: null,
  threadId: null,
  since: null,
  forMs: null,
  frame,
  waitsFor,
  text: null,
  evidence: null,
  next: null,
} satisfies OrderOf<Verdict>;
const hot = { frame, share: null } satisfies OrderOf<HotFrame>;
const hotFrom = { by: null, count: null, overMs: null } satisfies OrderOf<HotSource>;
const kernel = {
  state: null,
  cpuTicks: null,
  sampleMs: null,
  waitChannel: null,
  syscall: null,
  file: null,
  onCpuMs: null,
  runDelayMs: null,
  contextSwitches: { voluntary: null, forced: null },
} satisfies OrderOf<KernelEvidence>;
const thread = {
  threadId: null,
  osThreadId: null,
  name: null,
  role: null,
  helper: null,
  parentThreadId: null,
  phase: null,
  state: null,
  blockedForMs: null,
  blockedSince: null,
  turnedAgoMs: null,
  readBy: null,
  answerMs: null,
  pauseMs: null,
  instrumented: null,
  stack: frame,
  hot,
  hotFrom,
  createdAt: frame,
  eventLoop: null,
  heap: { used: null, limit: null },
  resources: null,
  keptAliveBy: { type: null, count: null },
  kernel,
  pool: null,
  evidence: null,
} satisfies OrderOf<ThreadReport>;
const group = {
  id: null,
  count: null,
  type: null,
  threadIds: null,
  ageMs: { min: null, median: null, max: null },
  awaitStack: frame,
  createdAt: frame,
  keepsAlive: null,
  ref: null,
  parent: null,
  labels: null,
  waitsFor,
  ids: null,
  idsElided: null,
  note: null,
} satisfies OrderOf<TaskGroup>;
const heapScan = { threadId: null, done: null, why: null, pauseMs: null } satisfies OrderOf<ThreadHeapScan>;
const tasks = {
  mode: null,
  heapScan: { done: null, why: null, pauseMs: null, byThread: heapScan },
  pending: null,
  placesRead: null,
  collectedUnsettled: null,
  groupsElided: null,
  groups: group,
} satisfies OrderOf<TasksReport>;
const poolTask = {
  threadId: null,
  task: null,
  file: null,
  runningMs: null,
  queuedMs: null,
  submittedAt: frame,
  labels: null,
  payload: null,
} satisfies OrderOf<PoolTask>;
const queuedPoolTask = {
  task: null,
  file: null,
  submittedAt: frame,
  labels: null,
  payload: null,
} satisfies OrderOf<QueuedPoolTask>;
const poolLimits = {
  minThreads: null,
  maxThreads: null,
  idleTimeoutMs: null,
  maxQueue: null,
  tasksPerWorker: null,
} satisfies OrderOf<PoolLimits>;
const poolTimes = { p50: null, p99: null, max: null } satisfies OrderOf<PoolTimes>;
const pool = {
  name: null,
  kind: null,
  file: null,
  threadIds: null,
  busy: null,
  idle: null,
  queued: null,
  oldestQueuedMs: null,
  running: poolTask,
  queuedAt: { count: null, stack: frame },
  oldestQueued: queuedPoolTask,
  runningElided: null,
  ownerThreadId: null,
  limits: poolLimits,
  completed: null,
  utilization: null,
  needsDrain: null,
  runTime: poolTimes,
  waitTime: poolTimes,
  factsAgoMs: null,
  queueKnown: null,
  pending: { count: null, oldestMs: null, at: { count: null, stack: frame } },
  notKnown: null,
} satisfies OrderOf<PoolReport>;
const processNode: Order = {
  pid: null,
  ppid: null,
  user: null,
  uid: null,
  state: null,
  command: null,
  instrumented: null,
  elided: null,
} satisfies Omit<OrderOf<ProcessNode>, 'children'>;
processNode['children'] = processNode;
const section = { title: null, data: null, error: null } satisfies OrderOf<SectionReport>;

const REPORT_ORDER = {
  format: null,
  formatVersion: null,
  report: header,
  process: facts,
  package: packageFacts,
  verdicts: verdict,
  threads: thread,
  tasks,
  pools: pool,
  processes: processNode,
  configuration: null,
  configurationDocs: null,
  sections: section,
} satisfies OrderOf<Report>;

/** A copy of the report, or of a part of it that has the report's keys, with all keys in order and bounded in depth. */
export function inKeyOrder(report: Partial<Report>): Record<string, unknown> {
  return ordered(report, REPORT_ORDER, 0) as Record<string, unknown>;
}

function ordered(value: unknown, order: Order | null, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MOST) return '(deeper levels left out)';
  if (Array.isArray(value)) return value.map((item) => ordered(item, order, depth + 1));
  const known = Object.keys(order ?? {}).filter((key) => Object.hasOwn(value, key));
  const keys = new Set([...known, ...Object.keys(value)]);
  const entries = value as Record<string, unknown>;
  // `fromEntries` defines keys, so that one called `__proto__` stays a key.
  return Object.fromEntries([...keys].map((key) => [key, ordered(entries[key], keysBelow(order, key), depth + 1)]));
}

function keysBelow(order: Order | null, key: string): Order | null {
  return order !== null && Object.hasOwn(order, key) ? (order[key] ?? null) : null;
}
