/** The agent of one thread: beats its heart, answers requests for a snapshot on its ports, and inside an interrupt. */
import { isMainThread, threadId, type MessagePort } from 'node:worker_threads';
import { AGENT_KEY, TASKS_LATE } from '../protocol.js';
import type {
  AgentHandle,
  AgentSettings,
  ChildThread,
  FromAgent,
  PoolsAnswer,
  SnapshotRequest,
  TasksAnswer,
  ThreadSnapshot,
  ToAgent,
} from '../protocol.js';
import type { KeptAlive, ThreadPhase } from '../report/types.js';
import { InstrumentedPools } from '../pools/instrument.js';
import { describePools } from '../pools/threadPools.js';
import { isSectionFault, openBoundary, type Boundaries } from '../sections/boundary.js';
import { createSectionRegistry } from '../sections/registered.js';
import { monotonicMs } from '../tasks/clock.js';
import { captureStack } from '../tasks/realm.js';
import { addLabel, runWithLabels, type LabelScope } from '../tasks/labels.js';
import type { TaskTracker } from '../tasks/taskTracker.js';
import { installTracker } from '../tasks/tracker.js';
import { Children } from './children.js';
import { countResources, guarded, readEntry, readHeap, readOsThreadId, readThreadName } from './describe.js';
import { Heartbeat } from './heartbeat.js';
import { answerSections } from './sectionAnswers.js';
import type { SharedState } from './sharedState.js';
import { applyThreadMaps, framesOf, framesOfPools } from './threadMaps.js';
import { runningTest } from './vitest.js';

/** After so many heartbeats, about a second, a thread is no short-lived one. */
const REHEARSAL_BEAT = 4;

export class Agent {
  /** What the application registered in this thread. */
  readonly sections = createSectionRegistry();
  /** What the application instrumented in this thread. */
  readonly pools = new InstrumentedPools();
  readonly boundaries: Boundaries = { open: openBoundary, isSectionFault };
  readonly #shared: SharedState;
  readonly #heartbeat: Heartbeat;
  readonly #children: Children;
  readonly #tracker: TaskTracker;
  readonly #osThreadId = readOsThreadId();
  #phase: ThreadPhase = 'starting';
  #beats = 0;

  /** @param onWorker - told the id of each thread that this one starts, right after */
  constructor(shared: SharedState, settings: AgentSettings, onWorker: (threadId: number) => void = () => {}) {
    this.#shared = shared;
    // Before anything is watched: the timer is no task of the application's.
    this.#heartbeat = new Heartbeat(shared, shared.takeSlot(threadId, this.#osThreadId), settings.heartbeatMs);
    this.#tracker = installTracker(settings.tasks, {
      payloadBytes: settings.taskPayload,
      describePools: (found, lane, payloadBytes) => describePools(this.pools, found, lane, payloadBytes),
    });
    this.#children = new Children(this.#tracker, onWorker);
    this.#heartbeat.onBeat(() => this.#beat());
    setImmediate(() => {
      captureStack(); // Makes what it needs now: the first look into this thread, whatever it does then, is short.
      if (this.#phase === 'starting') this.#phase = 'running';
    }).unref();
    process.on('exit', () => {
      this.#phase = 'exiting';
    });
  }

  /** The first answer of a thread took 10 ms of CPU, the second 4 (`bench/snapshot.mjs`): the first is given to nobody. */
  #beat(): void {
    this.#tracker.beat();
    if (++this.#beats !== REHEARSAL_BEAT) return;
    try {
      JSON.stringify([this.describe(), this.#placedChildren()]);
      this.#tracker.rehearse();
    } catch {
      // What fails here fails again in a report, which says so.
    }
  }

  get shared(): SharedState {
    return this.#shared;
  }

  /** What tasks are labelled with; without tracked tasks nobody would see it. */
  get labels(): LabelScope | null {
    return this.#tracker.mode === 'off' ? null : { add: addLabel, run: runWithLabels };
  }

  get heartbeat(): Heartbeat {
    return this.#heartbeat;
  }

  /** Puts the synchronous entry for the inspector lane where the sentinel finds it. */
  publish(version: string, host: unknown): void {
    const handle: AgentHandle = {
      version,
      threadId,
      snapshot: (requestJson) => JSON.stringify(this.snapshotNow(JSON.parse(requestJson) as SnapshotRequest)),
      stack: () => {
        const stack = captureStack();
        applyThreadMaps(stack);
        return JSON.stringify(stack);
      },
      host,
    };
    Object.defineProperty(globalThis, AGENT_KEY, { value: Object.freeze(handle), configurable: true });
  }

  /** Whole and at once: for the inspector lane, inside whatever this thread is doing. */
  snapshotNow(request: SnapshotRequest): ThreadSnapshot {
    const started = monotonicMs();
    const snapshot = this.describe();
    snapshot.children = guarded('children', () => this.#placedChildren(), snapshot.children, snapshot.notRead);
    snapshot.stack = guarded('stack', () => captureStack(), [], snapshot.notRead);
    snapshot.pools = guarded('pools', () => this.#tracker.pools(request), [], snapshot.notRead);
    if (request.without === 'tasks') snapshot.notRead.push(TASKS_LATE);
    else if (request.readTasks)
      snapshot.tasks = guarded('tasks', () => this.#tracker.snapshot(request), null, snapshot.notRead);
    applyThreadMaps([...snapshot.stack, ...framesOfPools(snapshot.pools), ...framesOf(snapshot.tasks)]);
    snapshot.pauseMs = monotonicMs() - started;
    return snapshot;
  }

  /** Everything but the stack and the tasks: what a thread tells at once, and what costs next to nothing. */
  describe(): ThreadSnapshot {
    const started = monotonicMs();
    const notRead: string[] = [];
    return {
      threadId,
      osThreadId: this.#osThreadId,
      name: guarded('name', readThreadName, isMainThread ? 'main' : null, notRead),
      entry: guarded('entry', readEntry, null, notRead),
      test: runningTest(),
      phase: this.#phase,
      instrumented: true,
      stack: [],
      turnedAgoMs: this.#heartbeat.turnedAgoMs(),
      utilization: guarded('event loop', () => this.#heartbeat.utilization(), null, notRead),
      heap: guarded('heap', readHeap, null, notRead),
      resources: guarded('resources', countResources, {}, notRead),
      children: guarded('children', () => this.#children.list(false), [], notRead),
      pools: [],
      tasks: null,
      notRead,
      pauseMs: monotonicMs() - started,
    };
  }

  /** The worker pools, in slices between turns of the loop: for a healthy thread. Never rejects. */
  async poolsInSlices(request: SnapshotRequest): Promise<PoolsAnswer> {
    try {
      const { result: pools, longestPauseMs: pauseMs } = await this.#tracker.poolsInSlices(request);
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
      const { result: snapshot, longestPauseMs } = await this.#tracker.snapshotInSlices(request);
      const placing = monotonicMs();
      applyThreadMaps(framesOf(snapshot));
      const children = this.#placedChildren();
      const pauseMs = Math.max(longestPauseMs, monotonicMs() - placing);
      return { tasks: snapshot, children, pauseMs, notRead: [] };
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unreadable';
      return { tasks: null, children: this.#children.list(false), pauseMs: 0, notRead: [`tasks: ${why}`] };
    }
  }

  #placedChildren(): ChildThread[] {
    const children = this.#children.list(true);
    applyThreadMaps(children.flatMap(({ createdAt }) => createdAt));
    return children;
  }

  /** What keeps this thread running; `lookMs` as `whyAlive` of the public API has it. */
  whyAlive(lookMs: number): Promise<KeptAlive[]> {
    return this.#tracker.whyAlive(applyThreadMaps, lookMs);
  }

  /** Serves a port until it closes; whatever is no message of ours is ignored. */
  serve(port: MessagePort): void {
    port.on('message', (message: ToAgent | null) => {
      if (message?.kind === 'snapshot' || message?.kind === 'tasks') void this.#answer(port, message);
      else if (message?.kind === 'settings') this.apply(message.settings);
      else if (message?.kind === 'sections')
        void answerSections(this.sections, port, message.requestId, message.timeoutMs);
    });
    port.unref();
  }

  async #answer(port: MessagePort, { kind, request }: Extract<ToAgent, { kind: 'snapshot' | 'tasks' }>): Promise<void> {
    try {
      const { requestId } = request;
      const send = (answer: FromAgent): void => port.postMessage(answer);
      if (kind === 'snapshot') return send({ kind, requestId, snapshot: this.describe() });
      send({ kind: 'pools', requestId, answer: await this.poolsInSlices(request) });
      send({ kind, requestId, answer: await this.tasksInSlices(request) });
    } catch {
      // The port went away with its owner, or a request made no sense: there is nobody to tell.
    }
  }

  /** Runs `work`, of this package: what it makes at once is no task of the application's. */
  asOwn<Result>(work: () => Result): Result {
    return this.#tracker.ignoring(work);
  }

  /** Changes what this thread does from now on. */
  apply(settings: AgentSettings): void {
    this.#tracker.setMode(settings.tasks);
    this.#tracker.setPayload(settings.taskPayload);
    this.asOwn(() => this.#heartbeat.setInterval(settings.heartbeatMs));
  }
}
