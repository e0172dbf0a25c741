/** The first lane: the ports of all agents that have introduced themselves. Answers while a thread's loop turns. */
import { setTimeout, clearTimeout } from 'node:timers';
import type { MessagePort } from 'node:worker_threads';
import { monotonicMs } from '../tasks/clock.js';
import { isAnswer, isPools, isTasks } from '../protocol.js';
import type { FromAgent, PoolsAnswer, SnapshotRequest, TasksAnswer, ThreadSnapshot, ToAgent } from '../protocol.js';
import type { SectionReport } from '../report/types.js';
import type { Answer } from './collected.js';
import { InTurn } from './inTurn.js';
import { areSoundPools, areSoundSections, isSoundSnapshot, isSoundTasks } from './soundAnswer.js';

type SectionsAnswer = Extract<FromAgent, { kind: 'sections' }>;

/** The registered sections of one worker. */
export interface ThreadSections {
  threadId: number;
  sections: SectionReport[];
}

/** A thread bounds its sections itself; this is what its answer may take on top, in ms. */
const SECTIONS_LATE_MS = 20;

function isSections(message: unknown): message is SectionsAnswer {
  const answer = message as Partial<SectionsAnswer> | null;
  return (
    answer?.kind === 'sections' &&
    typeof answer.requestId === 'string' &&
    answer.sections !== undefined &&
    areSoundSections(answer.sections)
  );
}

export class PortLane {
  readonly #ports = new Map<number, MessagePort>();
  readonly #asking = new Set<Asking>();
  readonly #onGone: (threadId: number) => void;
  #settleSections: (threadId: number, message: SectionsAnswer | null) => void = () => {};

  constructor(onGone: (threadId: number) => void) {
    this.#onGone = onGone;
  }

  get threadIds(): number[] {
    return [...this.#ports.keys()];
  }

  add(threadId: number, port: MessagePort): void {
    this.#ports.get(threadId)?.close();
    this.#ports.set(threadId, port);
    port.on('message', (message: unknown) => {
      if (isSections(message)) this.#settleSections(threadId, message);
      else for (const asking of this.#asking) asking.take(threadId, message);
    });
    port.on('close', () => this.#forget(threadId, port));
    port.unref();
    for (const asking of this.#asking) asking.meet(threadId, port);
  }

  /** Sends one message to every agent. */
  tellAll(message: ToAgent): void {
    for (const port of this.#ports.values()) port.postMessage(message);
  }

  /**
   * Asks all agents at once, and those that introduce themselves meanwhile.
   * @param started - the monotonic time of the request, from which answers are timed
   * @param expected - threads whose port is waited for as well: they are there, and may have only just started
   */
  ask(request: SnapshotRequest, started: number, expected: Iterable<number> = []): Asking {
    const askTasks = (threadId: number): void => {
      this.#ports.get(threadId)?.postMessage({ kind: 'tasks', request } satisfies ToAgent);
    };
    const asking = new Asking(request, started, expected, askTasks, () => this.#asking.delete(asking));
    this.#asking.add(asking);
    for (const [threadId, port] of this.#ports) asking.meet(threadId, port);
    return asking;
  }

  /** What the sections registered in these threads show; a thread that is gone or does not answer in time shows none. */
  async sections(requestId: string, threadIds: readonly number[], boundMs: number): Promise<ThreadSections[]> {
    const answers: ThreadSections[] = [];
    const waiting = new Set(threadIds.filter((threadId) => this.#ports.has(threadId)));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, boundMs + SECTIONS_LATE_MS);
      this.#settleSections = (threadId, message) => {
        if (message !== null && message.requestId !== requestId) return;
        if (waiting.delete(threadId) && message !== null) answers.push({ threadId, sections: message.sections });
        if (waiting.size > 0) return;
        clearTimeout(timer);
        resolve();
      };
      const request: ToAgent = { kind: 'sections', requestId, timeoutMs: boundMs };
      for (const threadId of waiting) this.#ports.get(threadId)?.postMessage(request);
      this.#settleSections(-1, null); // Nobody to wait for is an answer too.
    });
    return answers;
  }

  #forget(threadId: number, port: MessagePort): void {
    if (this.#ports.get(threadId) !== port) return;
    this.#ports.delete(threadId);
    for (const asking of this.#asking) asking.lose(threadId);
    this.#settleSections(threadId, null);
    this.#onGone(threadId);
  }
}

/** One request under way: who has answered, and whose tasks are still to come. */
export class Asking {
  readonly answers = new Map<number, Answer>();
  readonly #request: SnapshotRequest;
  readonly #started: number;
  readonly #silent: Set<number>;
  readonly #tasksToCome = new Set<number>();
  readonly #turns: InTurn;
  readonly #close: () => void;
  #wake: () => void = () => {};

  constructor(
    request: SnapshotRequest,
    started: number,
    expected: Iterable<number>,
    askTasks: (threadId: number) => void,
    close: () => void,
  ) {
    this.#turns = new InTurn(askTasks);
    this.#request = request;
    this.#started = started;
    this.#silent = new Set(expected);
    this.#close = close;
  }

  /** Threads whose loop turns, and whose tasks have not come (yet). */
  get late(): number[] {
    return [...this.#tasksToCome];
  }

  /** Until every thread that is not expected to be silent has spoken, or `untilMs` after the request. */
  spoken(expectedSilent: ReadonlySet<number>, untilMs: number): Promise<void> {
    return this.#until(() => [...this.#silent].every((threadId) => expectedSilent.has(threadId)), untilMs);
  }

  /** From now on every thread that has spoken or will speak is asked for its tasks, when its turn comes. */
  askTasks(): void {
    this.#turns.start();
  }

  /** Until every thread whose loop turns has sent its tasks, or `untilMs` after the request; then closes. */
  async answered(untilMs: number): Promise<void> {
    await this.#until(() => this.#tasksToCome.size === 0, untilMs);
    this.#turns.stop();
    this.#close();
  }

  /** Asks one thread by its port. */
  meet(threadId: number, port: MessagePort): void {
    if (this.answers.has(threadId)) return;
    this.#silent.add(threadId);
    port.postMessage({ kind: 'snapshot', request: this.#request } satisfies ToAgent);
  }

  take(threadId: number, message: unknown): void {
    const { requestId } = this.#request;
    if (isAnswer(message, requestId)) this.#describe(threadId, message.snapshot);
    else if (isPools(message, requestId) && areSoundPools(message.answer)) this.#addPools(threadId, message.answer);
    else if (isTasks(message, requestId) && isSoundTasks(message.answer)) this.#addTasks(threadId, message.answer);
    this.#wake();
  }

  lose(threadId: number): void {
    this.#silent.delete(threadId);
    this.#tasksToCome.delete(threadId);
    this.#turns.end(threadId);
    this.#wake();
  }

  #describe(threadId: number, snapshot: ThreadSnapshot): void {
    if (!isSoundSnapshot(snapshot, threadId) || !this.#silent.delete(threadId)) return;
    this.#tasksToCome.add(threadId);
    this.#turns.add(threadId);
    this.answers.set(threadId, { snapshot, lane: 'port', answerMs: monotonicMs() - this.#started, title: null });
  }

  #addPools(threadId: number, answer: PoolsAnswer): void {
    const snapshot = this.answers.get(threadId)?.snapshot;
    if (snapshot !== undefined && this.#tasksToCome.has(threadId)) addPools(snapshot, answer);
  }

  #addTasks(threadId: number, answer: TasksAnswer): void {
    const snapshot = this.answers.get(threadId)?.snapshot;
    this.#turns.end(threadId);
    if (snapshot !== undefined && this.#tasksToCome.delete(threadId)) addTasks(snapshot, answer);
  }

  #until(done: () => boolean, untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, this.#started + untilMs - monotonicMs()));
      this.#wake = () => {
        if (done()) finish();
      };
      this.#wake();
    });
  }
}

export function addPools(snapshot: ThreadSnapshot, { pools, pauseMs, notRead }: PoolsAnswer): void {
  snapshot.pools = pools;
  snapshot.pauseMs = Math.max(snapshot.pauseMs, pauseMs);
  snapshot.notRead.push(...notRead);
}

/** Completes a snapshot with its slow part. */
export function addTasks(snapshot: ThreadSnapshot, { tasks, children, pauseMs, notRead }: TasksAnswer): void {
  snapshot.tasks = tasks;
  snapshot.children = children;
  snapshot.pauseMs = Math.max(snapshot.pauseMs, pauseMs);
  snapshot.notRead.push(...notRead);
}
