/**
 * The report of a process that was started without this package, hung or not, taken from outside: its inspector is opened
 * for a second or so, its threads are read by the same lanes as the sentinel's, and it is closed again.
 *
 * What stays: nothing but the lines that Node itself prints on the process's stderr when its inspector opens, is connected
 * to and closes.
 */
import { hostname } from 'node:os';
import { SENTINEL_NEVER, SharedState } from '../../agent/sharedState.js';
import { monotonicMs } from '../../tasks/clock.js';
import { collect } from '../../coordinator/collect.js';
import type { Collected, ReportRequest } from '../../coordinator/collected.js';
import { buildReport } from '../../coordinator/finish.js';
import { isWithoutPreload } from '../../coordinator/heapScans.js';
import { PortLane } from '../../coordinator/portLane.js';
import type { NotRead, Report, SectionReport } from '../../report/types.js';
import { HeapScanner } from '../../sentinel/heapScan.js';
import { InspectorLane } from '../../sentinel/inspectorLane.js';
import { configuredPoolSize } from '../../sentinel/nativeThreads.js';
import { ProcessReach, type Inspector } from '../../sentinel/reach.js';
import { Connection } from './connection.js';
import { readFacts, type ProcessFacts } from './facts.js';
import { watchKernelThreads } from './kernelThreads.js';
import { ended, isAlive, readTarget, type Target } from './target.js';
import { takeTurn } from './turn.js';

/** For the threads and their evidence, and then for the heaps of those that wait; a quiet machine needs a tenth of it. In ms. */
const DEADLINE_MS = 8000;

/** Threads are known by their answer alone, and a loaded machine takes its time: one in native code costs this, in ms. */
const SILENT_MS = 1500;

const NOT_TOLD: NotRead = {
  threadId: null,
  what: 'ages and places of creation',
  why: 'it was started without guru-meditation; of its tasks only awaits were looked for',
};

export interface AttachOptions {
  /** From the open inspector to the report, ms. Default 8000. */
  deadlineMs?: number;
  /** Default `auto`. */
  heapScan?: 'auto' | 'always' | 'never';
  /** False looks for no pending tasks. Default true. */
  tasks?: boolean;
  /** Closes the inspector and gives up when it is aborted. */
  signal?: AbortSignal;
  /** Told what is waited for, each time that changes. */
  onStep?: (step: string) => void;
}

/**
 * The report of process `pid`, at the latest some 13 s after the call with the default deadline, and later where others attach
 * to it as well.
 * @throws {GuruError} `GMR_TARGET` for a process that cannot be attached to, or ends meanwhile; `GMR_UNSUPPORTED` where there
 * is no procfs. The reason of `options.signal` when that is aborted.
 */
export async function attachedReport(pid: number, options: AttachOptions = {}): Promise<Report> {
  const target = readTarget(pid);
  const endTurn = await takeTurn(target, options);
  const connection = new Connection(target);
  try {
    return await unlessAborted(reportThrough(connection, target, options), options.signal);
  } finally {
    options.onStep?.(`closes the inspector of process ${pid}`);
    await connection.close();
    endTurn();
  }
}

async function reportThrough(connection: Connection, target: Target, options: AttachOptions): Promise<Report> {
  const { pid } = target;
  const kernelThreads = watchKernelThreads(target);
  options.onStep?.(`opens the inspector of process ${pid}`);
  const whyNot = await connection.open();
  options.onStep?.(`reads process ${pid}`);
  const facts = await readFacts(target, connection.session);
  const collected = await collectFrom(target, connection, facts, { options, whyNot });
  if (!isAlive(target)) throw ended(pid);
  return finished(collected, whyNot === null ? [] : [kernelThreads()]);
}

function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function collectFrom(
  target: Target,
  connection: Connection,
  { identity, main, waitsAreFragile }: ProcessFacts,
  { options, whyNot }: { options: AttachOptions; whyNot: string | null },
): Promise<Collected> {
  const shared = new SharedState();
  shared.sentinelThreadId = SENTINEL_NEVER;
  const pace = { slowness: 1, waitsAreFragile };
  const inspector: Inspector = {
    lane: (request, skip) => new InspectorLane(request, skip, connection.lend()),
    scanner: (request) => new HeapScanner(request, pace, connection.lend()),
  };
  const reach = new ProcessReach({
    shared,
    knownThreads: () => [{ threadId: 0, osThreadId: target.pid }],
    inspector: Promise.resolve(whyNot ?? inspector),
    silentMs: SILENT_MS,
    kernelOptions: () => ({ processRoot: target.folder, poolSize: poolSizeOf(target) }),
  });
  return collect(requestFor(target, options), {
    collectedBy: 'attached',
    identity: () => identity,
    processRoot: target.folder,
    shared,
    heartbeatMs: null,
    ports: new PortLane(() => {}),
    reach,
    own: null,
    mainFacts: () => Promise.resolve(main),
  });
}

function requestFor(
  { pid }: Target,
  { deadlineMs = DEADLINE_MS, heapScan = 'auto', tasks = true }: AttachOptions,
): ReportRequest {
  const token = Date.now().toString(36).slice(-4);
  return {
    id: `${hostname()}-${pid}-${token}-1`,
    trigger: { kind: 'cli', detail: 'gmr dump --attach' },
    requestedAt: new Date().toISOString(),
    startedMs: monotonicMs(),
    graceMs: 0,
    deadlineMs,
    heapScan,
    readTasks: tasks,
  };
}

function poolSizeOf({ environment }: Target): number {
  return configuredPoolSize(environment['UV_THREADPOOL_SIZE']);
}

/** What no thread without the preload can tell is said once, and not by each of them. */
function finished(collected: Collected, kernelThreads: SectionReport[]): Report {
  const snapshots = collected.answers.map(({ snapshot }) => snapshot);
  const isInstrumented = snapshots.some(({ instrumented }) => instrumented);
  if (!isInstrumented)
    for (const snapshot of snapshots) snapshot.notRead = snapshot.notRead.filter((line) => !isWithoutPreload(line));
  const { main, reached } = collected;
  const isAsked = kernelThreads.length === 0;
  return buildReport(
    {
      ...collected,
      main: { ...main, sections: kernelThreads },
      // Which threads run JavaScript is not known where none could be asked.
      reached: reached === null || isAsked ? reached : { ...reached, nativeThreads: null },
      notRead: isInstrumented ? collected.notRead : [...collected.notRead, NOT_TOLD],
    },
    { serviceName: null, version: { vendor: null, product: null, version: null } },
  );
}
