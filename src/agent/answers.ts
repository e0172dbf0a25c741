/**
 * What a thread answers: over its ports between turns of its loop, and inside an interrupt. A file of its own in the package
 * (`threadPart.ts`), since most threads are never asked. It knows nothing by itself but what it is given to look at.
 */
import { isMainThread, threadId, type MessagePort } from 'node:worker_threads';
import { TASKS_LATE } from '../protocol.js';
import type {
  ChildThread,
  FromAgent,
  PoolsAnswer,
  RawFrame,
  SnapshotRequest,
  TasksAnswer,
  ThreadSnapshot,
  ToAgent,
} from '../protocol.js';
import type { InstrumentedPools } from '../pools/instrument.js';
import { describePools } from '../pools/threadPools.js';
import type { KeptAlive, SectionReport, ThreadPhase } from '../report/types.js';
import { isSectionFault, openBoundary, type Boundaries } from '../sections/boundary.js';
import type { SectionRegistry } from '../sections/registered.js';
import { runSections } from '../sections/sectionRuns.js';
import { monotonicMs } from '../tasks/clock.js';
import { captureStack } from '../tasks/currentStack.js';
import { TaskReader } from '../tasks/taskReader.js';
import type { Tracker } from '../tasks/tracker.js';
import type { Children } from './children.js';
import { countResources, guarded, readEntry, readHeap, readThreadName } from './describe.js';
import type { Heartbeat } from './heartbeat.js';
import { applyThreadMaps, framesOf, framesOfPools } from './threadMaps.js';
import { runningTest } from './vitest.js';

/** What there is to tell of a thread. */
export interface Watched {
  readonly osThreadId: number | null;
  readonly phase: ThreadPhase;
  readonly heartbeat: Heartbeat;
  readonly tracker: Tracker;
  readonly children: Children;
  readonly sections: SectionRegistry;
  readonly pools: InstrumentedPools;
  /** How much of a pool task's payload to show. */
  readonly payloadBytes: number;
}

/** One place is asked for, since that is code as well: there is one at least, of who waits for the rehearsal. */
const REHEARSAL: SnapshotRequest = {
  requestId: 'rehearsal',
  lane: 'port',
  placesMax: 1,
  placesMs: 1,
  heapScan: 'never',
  readTasks: true,
};

export class Answers {
  readonly boundaries: Boundaries = { open: openBoundary, isSectionFault };
  readonly #watched: Watched;
  readonly #reader: TaskReader;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#reader = new TaskReader(watched.tracker, {
      payloadBytes: () => watched.payloadBytes,
      describePools: (found, lane, payloadBytes) => describePools(watched.pools, found, lane, payloadBytes),
    });
  }

  /** Whole and at once: for the inspector lane, inside whatever this thread is doing. */
  snapshotNow(request: SnapshotRequest): ThreadSnapshot {
    const started = monotonicMs();
    const snapshot = this.describe();
    snapshot.children = guarded('children', () => this.#placedChildren(), snapshot.children, snapshot.notRead);
    snapshot.stack = guarded('stack', () => captureStack(), [], snapshot.notRead);
    snapshot.pools = guarded('pools', () => this.#reader.pools(request), [], snapshot.notRead);
    if (request.without === 'tasks') snapshot.notRead.push(TASKS_LATE);
    else if (request.readTasks)
      snapshot.tasks = guarded('tasks', () => this.#reader.snapshot(request), null, snapshot.notRead);
    applyThreadMaps([...snapshot.stack, ...framesOfPools(snapshot.pools), ...framesOf(snapshot.tasks)]);
    snapshot.pauseMs = monotonicMs() - started;
    return snapshot;
  }

  /** The stack alone. */
  stackNow(): RawFrame[] {
    const stack = captureStack();
    applyThreadMaps(stack);
    return stack;
  }

  /** Everything but the stack and the tasks: what a thread tells at once, and what costs next to nothing. */
  describe(): ThreadSnapshot {
    const started = monotonicMs();
    const notRead: string[] = [];
    const { osThreadId, phase, heartbeat, children, sections } = this.#watched;
    return {
      threadId,
      osThreadId,
      name: guarded('name', readThreadName, isMainThread ? 'main' : null, notRead),
      entry: guarded('entry', readEntry, null, notRead),
      test: runningTest(),
      phase,
      instrumented: true,
      stack: [],
      turnedAgoMs: heartbeat.turnedAgoMs(),
      utilization: guarded('event loop', () => heartbeat.utilization(), null, notRead),
      heap: guarded('heap', readHeap, null, notRead),
      resources: guarded('resources', countResources, {}, notRead),
      children: guarded('children', () => children.list(null), [], notRead),
      sections: sections.titles('worker'),
      pools: [],
      tasks: null,
      notRead,
      pauseMs: monotonicMs() - started,
    };
  }

  /** The worker pools, in slices between turns of the loop: for a healthy thread. Never rejects. */
  async poolsInSlices(request: SnapshotRequest): Promise<PoolsAnswer> {
    try {
      const { result: pools, longestPauseMs: pauseMs } = await this.#reader.poolsInSlices(request);
      applyThreadMaps(framesOfPools(pools));
      return { pools, pauseMs, notRead: [] };
    } catch (error) {
      return { pools: [], pauseMs: 0, notRead: [`pools: ${error instanceof Error ? error.message : 'unreadable'}`] };
    }
  }

  /** The tasks, in slices between turns of the loop: for a healthy thread. Never rejects. */
  async tasksInSlices(request: SnapshotRequest): Promise<TasksAnswer> {
    try {
      if (!request.readTasks) return { tasks: null, children: this.#placedChildren(), pauseMs: 0, notRead: [] };
      const { result: snapshot, longestPauseMs } = await this.#reader.snapshotInSlices(request);
      const placing = monotonicMs();
      applyThreadMaps(framesOf(snapshot));
      const children = this.#placedChildren();
      const pauseMs = Math.max(longestPauseMs, monotonicMs() - placing);
      return { tasks: snapshot, children, pauseMs, notRead: [] };
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unreadable';
      return { tasks: null, children: this.#watched.children.list(null), pauseMs: 0, notRead: [`tasks: ${why}`] };
    }
  }

  /** What the sections for this thread show, after at most `timeoutMs`; in their order. Never rejects. */
  runSections(timeoutMs: number, where?: 'worker'): Promise<SectionReport[]> {
    return runSections(this.#watched.sections.chosen(where), timeoutMs);
  }

  whyAlive(lookMs: number): Promise<KeptAlive[]> {
    return this.#reader.whyAlive(applyThreadMaps, lookMs);
  }

  /** Lets why-is-node-running look all the time, or no more. Never rejects. */
  setLooking(isLooking: boolean): Promise<void> {
    return this.#reader.setLooking(isLooking);
  }

  /** Answers for nobody: so that the code is compiled when it is needed. */
  async rehearse(): Promise<void> {
    JSON.stringify(this.describe());
    await this.#reader.aside(() => this.#answerNobody());
  }

  /** What a port is asked. Rejects when the port is gone. */
  async answer(port: MessagePort, question: Exclude<ToAgent, { kind: 'settings' }>): Promise<void> {
    const send = (answer: FromAgent): void => port.postMessage(answer);
    if (question.kind === 'sections') {
      const { kind, requestId, timeoutMs } = question;
      return send({ kind, requestId, sections: await this.runSections(timeoutMs, 'worker') });
    }
    const { kind, request } = question;
    const { requestId } = request;
    if (kind === 'snapshot') return send({ kind, requestId, snapshot: this.describe() });
    const pools = await this.poolsInSlices(request);
    if (pools.pools.length > 0 || pools.notRead.length > 0) send({ kind: 'pools', requestId, answer: pools });
    const tasks = await this.tasksInSlices(request);
    send({ kind, requestId, answer: { ...tasks, pauseMs: Math.max(pools.pauseMs, tasks.pauseMs) } });
  }

  async #answerNobody(): Promise<void> {
    const answers: Promise<PoolsAnswer | TasksAnswer>[] = [
      this.poolsInSlices(REHEARSAL),
      this.tasksInSlices(REHEARSAL),
    ];
    for (const answer of answers) await answer;
  }

  #placedChildren(): ChildThread[] {
    const children = this.#watched.children.list(this.#reader.workerCreations());
    applyThreadMaps(children.flatMap(({ createdAt }) => createdAt));
    return children;
  }
}
