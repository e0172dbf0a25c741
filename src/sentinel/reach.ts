/** The inspector lane and the kernel lane together, for one request: every thread that did not answer its port. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { SharedState } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import type {
  Evidence,
  HeapScan,
  Reach,
  Reached,
  ReportRequest,
  ScanCandidate,
  Unread,
} from '../coordinator/collected.js';
import { notScanned } from '../coordinator/heapScans.js';
import type { NotRead } from '../report/types.js';
import { compareBoxes, readBox, type BoxSample } from './box.js';
import type { MayAnswer } from './drain.js';
import type { HeapScanner } from './heapScan.js';
import type { InspectorLane } from './inspectorLane.js';
import type { Target } from './inspectorSession.js';
import { mainThreadId } from './kernelLane.js';
import { KernelWatch, type KernelOptions, type ThreadIds } from './kernelWatch.js';
import { SilentThreads } from './silentThreads.js';
import { usesCpu } from './usesCpu.js';

/**
 * A session that is opened in a process that exits may hold the exit up for good. One that has been exiting for this long,
 * in ms, is stuck in it, and is read like any other when its main runs.
 */
const EXITING_MS = 1000;
/** Without the kernel's word on what a thread does, this long without an answer counts as none, in ms. */
export const SILENT_MS = 400;

const EXITING = 'the process is exiting';

/** What there is only where a session can be opened; one session for each of these. */
export interface Inspector {
  lane(request: ReportRequest, skip: ReadonlySet<number>): InspectorLane;
  scanner(request: ReportRequest): HeapScanner;
}

/** What differs between a process that reads itself and one that is read from outside. */
export interface ReachSetup {
  shared: SharedState;
  /** The threads that run JavaScript, as far as they are known without asking them. */
  knownThreads: () => readonly ThreadIds[];
  /** Or why there is none. */
  inspector: Promise<Inspector | string>;
  kernelOptions: () => KernelOptions;
  /** How long a thread that the kernel lane does not know may take for its first answer; also main, to let a session in, in ms. */
  silentMs: number;
}

/** What holds a session open. */
interface Attached {
  /** Detaches once nothing that was asked is under way any more, as `InspectorSession.drain` has it. */
  drain(mayAnswer: MayAnswer): Promise<void>;
}

export class ProcessReach implements Reach {
  readonly #shared: SharedState;
  readonly #setup: ReachSetup;
  /** Those whose sessions are open. */
  readonly #attached = new Set<Attached>();

  constructor(setup: ReachSetup) {
    this.#shared = setup.shared;
    this.#setup = setup;
  }

  async read(request: ReportRequest, answered: number[], onStacks: () => void): Promise<Reached> {
    const skip = new Set([...answered, this.#shared.sentinelThreadId]);
    const options = this.#setup.kernelOptions();
    const kernel = new KernelWatch(this.#setup.knownThreads, skip, options);
    const notRead: NotRead[] = [];
    const [lane, box] = await Promise.all([this.#attach(request, skip, notRead), lookAround(kernel, options)]);
    if (lane !== null) await this.#readAll(lane, kernel, request, onStacks);
    else await setTimeout(Math.min(SILENT_MS, remainingMs(request)));
    if (lane !== null) void this.#detach(lane);
    await kernel.finish();
    const unread = kernel
      .silentThreads(new Set([...skip, ...(lane?.read.keys() ?? [])]))
      .map((thread) => whyUnread(thread, lane));
    return {
      answers: lane === null ? [] : [...lane.read.values()].map(({ answer }) => answer),
      unread,
      evidence: [
        ...evidenceOfRead(lane, kernel),
        ...unread.map(({ threadId }) => ({
          ...kernel.evidence(threadId),
          inspectorReached: isReached(threadId, lane),
        })),
      ],
      notRead: [...notRead, ...kernel.notRead()],
      container: compareBoxes(box, readBox(options.processRoot)),
      nativeThreads: kernel.nativeThreads(),
    };
  }

  async scan(request: ReportRequest, candidates: readonly ScanCandidate[]): Promise<HeapScan[]> {
    const none = (why: string): HeapScan[] => candidates.map((candidate) => notScanned(candidate, why));
    const inspector = await this.#setup.inspector;
    if (typeof inspector === 'string') return none(`skipped: ${inspector}`);
    const scanner = inspector.scanner(request);
    try {
      return (await this.#mayAttach(scanner)) ? await scanner.scan(candidates) : none(`skipped: ${EXITING}`);
    } finally {
      void this.#detach(scanner);
    }
  }

  /** Main is exiting: an attached session would hold that up. */
  async abort(): Promise<void> {
    await Promise.all([...this.#attached].map((one) => this.#detach(one)));
  }

  async #attach(request: ReportRequest, skip: ReadonlySet<number>, notRead: NotRead[]): Promise<InspectorLane | null> {
    const inspector = await this.#setup.inspector;
    if (typeof inspector === 'string') {
      notRead.push(noInspector(inspector));
      return null;
    }
    const lane = inspector.lane(request, skip);
    if (!(await this.#mayAttach(lane))) {
      notRead.push(noInspector(EXITING));
      return null;
    }
    if (!(await lane.open(Math.min(this.#setup.silentMs, remainingMs(request))))) {
      notRead.push(noInspector('main is inside native code, through which every inspector message goes'));
    }
    return lane;
  }

  /** Marks it as attached, if it may be. */
  async #mayAttach(one: Attached): Promise<boolean> {
    const isStuck = await this.#isStuckInExit();
    if (isStuck === false) return false;
    this.#attached.add(one);
    this.#shared.setAttached(true);
    // Read after the mark, as main marks before it looks: one of both sees the other.
    if (isStuck || this.#shared.exitingForMs === null) return true;
    await this.#detach(one);
    return false;
  }

  /**
   * Null while the process is not exiting. A main that sleeps may be behind its listeners, in Node's own code, where it waits
   * for its workers to end, and one that we asked something then would not. True too where nobody can tell.
   */
  async #isStuckInExit(): Promise<boolean | null> {
    const { exitingForMs } = this.#shared;
    if (exitingForMs === null) return null;
    if (exitingForMs < EXITING_MS) return false;
    const { processRoot } = this.#setup.kernelOptions();
    return usesCpu(mainThreadId(processRoot), processRoot);
  }

  async #readAll(
    lane: InspectorLane,
    kernel: KernelWatch,
    request: ReportRequest,
    onStacks: () => void,
  ): Promise<void> {
    const askedAt = monotonicMs();
    const givesUp = (target: Target): boolean =>
      kernel.isInNativeCode(target.threadId, monotonicMs() - askedAt) ?? monotonicMs() - askedAt > this.#setup.silentMs;
    await lane.settled(givesUp);
    onStacks();
    for (const { answer } of lane.read.values()) kernel.add(answer.snapshot.threadId, answer.snapshot.osThreadId);
    await lane.examine();
    if (lane.silent.size > 0) await kernel.longEnough(remainingMs(request));
  }

  /** Not before what was asked has run: the report does not wait for that, but an exit of the process does, bounded. */
  async #detach(one: Attached): Promise<void> {
    const silent = new SilentThreads(this.#setup.knownThreads, this.#setup.kernelOptions());
    await one.drain((threadId) => silent.mayAnswer(threadId));
    this.#attached.delete(one);
    if (this.#attached.size === 0) this.#shared.setAttached(false);
  }
}

/** What is not about the silent threads is read while main lets the session in. */
async function lookAround(kernel: KernelWatch, { processRoot }: KernelOptions): Promise<BoxSample | null> {
  await setImmediate();
  kernel.watchAll();
  return readBox(processRoot);
}

function remainingMs(request: ReportRequest): number {
  return Math.max(0, request.startedMs + request.deadlineMs - monotonicMs());
}

function noInspector(why: string): NotRead {
  return { threadId: null, what: 'inspector lane', why };
}

function whyUnread(thread: { threadId: number; osThreadId: number | null }, lane: InspectorLane | null): Unread {
  const target = lane?.silent.get(thread.threadId);
  const why =
    target === undefined
      ? 'it gave no answer in time, and the inspector did not reach it'
      : 'it is inside a native call, where no JavaScript can run';
  return { ...thread, title: target?.title ?? null, why };
}

/** Main is asked as soon as a session is there; workers only when main lets the session see them. */
function isReached(threadId: number, lane: InspectorLane | null): boolean {
  return lane !== null && (threadId === 0 || lane.silent.has(threadId));
}

function evidenceOfRead(lane: InspectorLane | null, kernel: KernelWatch): Evidence[] {
  return [...(lane?.read.values() ?? [])].map(
    ({ answer, samples, sampledForMs, loopTurned, ticksTurned, profile }) => ({
      ...kernel.evidence(answer.snapshot.threadId),
      samples,
      sampledForMs,
      loopTurned,
      ticksTurned,
      profile,
    }),
  );
}
