/**
 * The agent of one thread: beats its heart and watches its tasks. What it answers when it is asked, on its ports or inside an
 * interrupt, is more code than all of that (`answers.ts`): it is loaded at the first question, or when the thread turns out
 * to live for longer than a second.
 */
import { threadId, type MessagePort } from 'node:worker_threads';
import { AGENT_KEY } from '../protocol.js';
import type { AgentHandle, AgentSettings, SnapshotRequest, ToAgent } from '../protocol.js';
import type { KeptAlive, ThreadPhase } from '../report/types.js';
import { InstrumentedPools } from '../pools/instrument.js';
import type { Boundaries } from '../sections/boundary.js';
import { createSectionRegistry } from '../sections/registered.js';
import { openRealm } from '../tasks/realm.js';
import { addLabel, runWithLabels, type LabelScope } from '../tasks/labels.js';
import { Tracker } from '../tasks/tracker.js';
import type { Answers, Watched } from './answers.js';
import { Children } from './children.js';
import { readOsThreadId } from './describe.js';
import { Heartbeat } from './heartbeat.js';
import type { LaterPart } from './laterPart.js';
import type { SharedState } from './sharedState.js';

/** After so many heartbeats, about a second, a thread is no short-lived one. */
const REHEARSAL_BEAT = 4;

type AnswersPart = typeof import('./answers.js');

/** What an agent is given. */
export interface AgentSetup {
  shared: SharedState;
  settings: AgentSettings;
  /** `answers.ts`. */
  answers: LaterPart<AnswersPart>;
  /** Told that this thread is no short-lived one. */
  onFirstBeat?: () => void;
  /** Told the id of each thread that this one starts, right after. */
  onWorker?: (threadId: number) => void;
}

export class Agent implements Watched {
  /** What the application registered in this thread. */
  readonly sections = createSectionRegistry();
  /** What the application instrumented in this thread. */
  readonly pools = new InstrumentedPools();
  /** No error comes from a section before anything was answered. */
  readonly boundaries: Boundaries = {
    open: (onError, warn) => this.answers.boundaries.open(onError, warn),
    isSectionFault: () => this.#answers?.boundaries.isSectionFault() ?? false,
  };
  readonly osThreadId = readOsThreadId();
  readonly shared: SharedState;
  readonly heartbeat: Heartbeat;
  readonly tracker: Tracker;
  readonly children: Children;
  readonly #answersPart: LaterPart<AnswersPart>;
  readonly #onFirstBeat: () => void;
  #answers: Answers | null = null;
  #payloadBytes: number;
  #phase: ThreadPhase = 'starting';
  #beats = 0;

  constructor({ shared, settings, answers, onFirstBeat = () => {}, onWorker = () => {} }: AgentSetup) {
    this.shared = shared;
    this.#answersPart = answers;
    this.#onFirstBeat = onFirstBeat;
    this.#payloadBytes = settings.taskPayload;
    // Before anything is watched: the timer is no task of the application's.
    this.heartbeat = new Heartbeat(shared, shared.takeSlot(threadId, this.osThreadId), settings.heartbeatMs);
    this.tracker = new Tracker((isFull) => void this.answers.setLooking(isFull));
    this.tracker.setMode(settings.tasks);
    this.children = new Children(onWorker);
    this.heartbeat.onBeat(() => this.#beat());
    setImmediate(() => {
      if (this.#phase === 'starting') this.#phase = 'running';
    }).unref();
    process.on('exit', () => {
      this.#phase = 'exiting';
    });
  }

  get phase(): ThreadPhase {
    return this.#phase;
  }

  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /**
   * What answers, loaded when it is first asked for. An interrupt that falls into its loading makes another one: it keeps
   * nothing but what why-is-node-running sees.
   * @throws what compiling it throws
   */
  get answers(): Answers {
    this.#answers ??= this.asOwn(() => new (this.#answersPart.load().Answers)(this));
    return this.#answers;
  }

  #beat(): void {
    this.#beats++;
    if (this.#beats === 1) this.#prepare();
    this.tracker.beat();
    if (this.#beats === REHEARSAL_BEAT) void this.#rehearse();
  }

  /** What any look into this thread needs, whatever the thread does then: a thread that has ended by now was spared it. */
  #prepare(): void {
    this.#onFirstBeat();
    openRealm();
    this.#answersPart.keep();
  }

  /** The first answer of a thread took 10 ms of CPU, the second 4 (`bench/snapshot.mjs`): the first is given to nobody. */
  async #rehearse(): Promise<void> {
    try {
      await this.answers.rehearse();
    } catch {
      // What fails here fails again in a report, which says so.
    }
    this.heartbeat.leaveOut();
  }

  /** What tasks are labelled with; without tracked tasks nobody would see it. */
  get labels(): LabelScope | null {
    return this.tracker.mode === 'off' ? null : { add: addLabel, run: runWithLabels };
  }

  /** Puts the synchronous entry for the inspector lane where the sentinel finds it. */
  publish(version: string, host: unknown): void {
    const handle: AgentHandle = {
      version,
      threadId,
      snapshot: (requestJson) => JSON.stringify(this.answers.snapshotNow(JSON.parse(requestJson) as SnapshotRequest)),
      stack: () => JSON.stringify(this.answers.stackNow()),
      host,
    };
    Object.defineProperty(globalThis, AGENT_KEY, { value: Object.freeze(handle), configurable: true });
  }

  /** What keeps this thread running; `lookMs` as `whyAlive` of the public API has it. */
  async whyAlive(lookMs: number): Promise<KeptAlive[]> {
    return this.answers.whyAlive(lookMs);
  }

  /** Serves a port until it closes; whatever is no message of ours is ignored. */
  serve(port: MessagePort): void {
    port.on('message', (message: ToAgent | null) => {
      if (message?.kind === 'settings') this.apply(message.settings);
      else if (message?.kind === 'snapshot' || message?.kind === 'tasks' || message?.kind === 'sections')
        void this.#answer(port, message);
    });
    port.unref();
  }

  async #answer(port: MessagePort, question: Exclude<ToAgent, { kind: 'settings' }>): Promise<void> {
    try {
      await this.answers.answer(port, question);
    } catch {
      // The port went away with its owner, or a request made no sense: there is nobody to tell.
    }
  }

  /** Runs `work`, of this package: what it makes at once is no task of the application's. */
  asOwn<Result>(work: () => Result): Result {
    return this.tracker.ignoring(work);
  }

  /** Changes what this thread does from now on. */
  apply(settings: AgentSettings): void {
    this.tracker.setMode(settings.tasks);
    this.#payloadBytes = settings.taskPayload;
    this.asOwn(() => this.heartbeat.setInterval(settings.heartbeatMs));
  }
}
