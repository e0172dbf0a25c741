/**
 * Whether what came over a port has the shape of an answer, all the way down: an answer that only looks like one at the
 * top would fail the whole report when it is put together.
 */
import type {
  ChildThread,
  PoolsAnswer,
  RawFrame,
  RawPool,
  RawPoolTask,
  RawTaskGroup,
  RunningTest,
  TasksAnswer,
  TaskSnapshot,
  ThreadSnapshot,
} from '../protocol.js';
import type { PoolFacts, PoolFactsTask, TimeSpread } from '../pools/adapters/adapter.js';
import type { SectionReport } from '../report/types.js';

type Check = (value: unknown) => boolean;
/** A check for every key: a key that the protocol gets later is missing here only until this is compiled. */
type Shape<Value> = Record<keyof Value, Check>;

const number: Check = (value) => typeof value === 'number';
const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const anything: Check = () => true;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const orMissing =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

function shape<Value>(checks: Shape<Value>): Check {
  const entries = Object.entries(checks) as [string, Check][];
  return (value) => isObject(value) && entries.every(([key, check]) => check((value as Record<string, unknown>)[key]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const frames = list(
  shape<RawFrame>({
    function: text,
    file: orNull(text),
    line: orNull(number),
    column: orNull(number),
    async: flag,
    kind: text,
    mapped: orMissing(orNull(shape<NonNullable<RawFrame['mapped']>>({ file: text, line: number, column: number }))),
  }),
);

const child = shape<ChildThread>({
  threadId: number,
  name: orNull(text),
  entry: orNull(text),
  createdAt: frames,
  createdAgoMs: orNull(number),
});

const group = shape<RawTaskGroup>({
  type: text,
  count: number,
  ageMs: orNull(shape<{ min: number; median: number; max: number }>({ min: number, median: number, max: number })),
  ages: list(number),
  awaitStack: frames,
  createdAt: frames,
  keepsAlive: orNull(flag),
  ref: orNull(flag),
  parent: list(text),
  labels: record(text),
  waitsFor: orNull(shape<{ kind: string; what: string }>({ kind: text, what: text })),
  ids: list(number),
  note: orNull(text),
});

const poolTask = shape<RawPoolTask>({
  file: orNull(text),
  name: orNull(text),
  threadId: orNull(number),
  queuedMs: orNull(number),
  runningMs: orNull(number),
  submittedAt: frames,
  labels: record(text),
  payload: orNull(text),
});

const times = orNull(shape<TimeSpread>({ p50: number, p99: number, max: number }));

const poolFacts = shape<PoolFacts>({
  file: orNull(text),
  threadIds: list(number),
  minThreads: orNull(number),
  maxThreads: orNull(number),
  idleTimeoutMs: orNull(number),
  maxQueue: orNull(number),
  tasksPerWorker: orNull(number),
  busy: orNull(number),
  idle: orNull(number),
  queued: orNull(number),
  needsDrain: orNull(flag),
  completed: orNull(number),
  utilization: orNull(number),
  runTime: times,
  waitTime: times,
  running: list(shape<PoolFactsTask>({ threadId: number, task: orNull(text), runningMs: orNull(number) })),
  isDestroyed: flag,
  notKnown: list(text),
});

const pool = shape<RawPool>({
  kind: text,
  poolId: orNull(number),
  name: orNull(text),
  isTracked: flag,
  running: list(poolTask),
  runningElided: number,
  queued: number,
  oldestQueued: orNull(poolTask),
  queuedAt: list(shape<RawPool['queuedAt'][number]>({ count: number, stack: frames })),
  facts: orNull(poolFacts),
  factsAgoMs: orNull(number),
  notRead: orNull(text),
});

const tasks = orNull(
  shape<TaskSnapshot>({
    mode: text,
    heapScan: shape<TaskSnapshot['heapScan']>({ done: flag, why: text, pauseMs: number }),
    pending: number,
    placesRead: number,
    collectedUnsettled: number,
    groups: list(group),
    groupsElided: number,
    notRead: list(text),
  }),
);

const snapshotOf = shape<ThreadSnapshot>({
  threadId: number,
  osThreadId: orNull(number),
  name: orNull(text),
  entry: orNull(text),
  test: orNull(shape<RunningTest>({ runner: text, file: text, name: orNull(text), runningMs: orNull(number) })),
  phase: text,
  instrumented: flag,
  pauseMs: number,
  stack: frames,
  turnedAgoMs: orNull(number),
  utilization: orNull(number),
  heap: orNull(shape<{ used: number; limit: number }>({ used: number, limit: number })),
  resources: record(number),
  children: list(child),
  sections: orNull(list(text)),
  pools: list(pool),
  tasks,
  notRead: list(text),
});

/** Whether `snapshot` is one of the thread whose port it came from. */
export function isSoundSnapshot(snapshot: ThreadSnapshot, threadId: number): boolean {
  return snapshot.threadId === threadId && snapshotOf(snapshot);
}

export const isSoundTasks: (answer: TasksAnswer) => boolean = shape<TasksAnswer>({
  tasks,
  children: list(child),
  pauseMs: number,
  notRead: list(text),
});

export const areSoundPools: (answer: PoolsAnswer) => boolean = shape<PoolsAnswer>({
  pools: list(pool),
  pauseMs: number,
  notRead: list(text),
});

export const areSoundSections: (sections: SectionReport[]) => boolean = list(
  shape<SectionReport>({ title: text, data: anything, error: orNull(text) }),
);
