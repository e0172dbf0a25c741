/** One request under way over the ports: who has answered, and whose tasks and sections are still to come. */
import { isAnswer, isPools, isSections, isTasks } from '../protocol.js';
import type { PoolsAnswer, SnapshotRequest, TasksAnswer, ThreadSnapshot, ToAgent } from '../protocol.js';
import type { SectionReport } from '../report/types.js';
import { monotonicMs } from '../tasks/clock.js';
import { clearTimeout, setTimeout } from '../tasks/timers.js';
import type { Answer } from './collected.js';
import { InTurn } from './inTurn.js';
import { areSoundPools, areSoundSections, isSoundSnapshot, isSoundTasks } from './soundAnswer.js';

/** Sections get what the deadline leaves, less what it takes to put the report together, in ms. */
const AFTER_SECTIONS_MS = 100;

export class Asking {
  readonly answers = new Map<number, Answer>();
  /** What the registered sections of workers show; a thread that is gone or gives no answer in time shows none. */
  readonly sections = new Map<number, SectionReport[]>();
  /** Threads that were asked, whether they answered or not. */
  readonly asked = new Set<number>();
  readonly #request: SnapshotRequest;
  readonly #started: number;
  readonly #silent: Set<number>;
  readonly #tasksToCome = new Set<number>();
  readonly #sectionsToCome = new Set<number>();
  readonly #turns: InTurn;
  readonly #ask: (threadId: number, question: ToAgent) => void;
  readonly #close: () => void;
  /** Until when, after the request, all else is asked for, in ms; null while only what is told at once is. */
  #restMs: number | null = null;
  #wake: () => void = () => {};

  constructor(
    request: SnapshotRequest,
    started: number,
    expected: Iterable<number>,
    ask: (threadId: number, question: ToAgent) => void,
    close: () => void,
  ) {
    this.#ask = ask;
    this.#turns = new InTurn((threadId) => ask(threadId, { kind: 'tasks', request }));
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

  /**
   * From now on every thread that has spoken or will speak is asked for its sections, and when its turn comes for its tasks.
   * @param untilMs - how long after the request their answers are waited for
   */
  askRest(untilMs: number): void {
    this.#restMs = untilMs;
    for (const { snapshot } of this.answers.values()) this.#askSections(snapshot);
    this.#turns.start();
  }

  /** Until every thread whose loop turns has sent all of it, or `untilMs` after the request; then closes. */
  async answered(untilMs: number): Promise<void> {
    await this.#until(() => this.#tasksToCome.size + this.#sectionsToCome.size === 0, untilMs);
    this.#turns.stop();
    this.#close();
  }

  /** Asks one thread by its port. */
  meet(threadId: number): void {
    if (this.answers.has(threadId)) return;
    this.asked.add(threadId);
    this.#silent.add(threadId);
    this.#ask(threadId, { kind: 'snapshot', request: this.#request });
  }

  take(threadId: number, message: unknown): void {
    const { requestId } = this.#request;
    if (isAnswer(message, requestId)) this.#describe(threadId, message.snapshot);
    else if (isPools(message, requestId) && areSoundPools(message.answer)) this.#addPools(threadId, message.answer);
    else if (isTasks(message, requestId) && isSoundTasks(message.answer)) this.#addTasks(threadId, message.answer);
    else if (isSections(message, requestId) && areSoundSections(message.sections))
      this.#addSections(threadId, message.sections);
    this.#wake();
  }

  lose(threadId: number): void {
    this.#silent.delete(threadId);
    this.#tasksToCome.delete(threadId);
    this.#sectionsToCome.delete(threadId);
    this.#turns.end(threadId);
    this.#wake();
  }

  #describe(threadId: number, snapshot: ThreadSnapshot): void {
    if (!isSoundSnapshot(snapshot, threadId) || !this.#silent.delete(threadId)) return;
    this.#tasksToCome.add(threadId);
    this.#turns.add(threadId);
    this.answers.set(threadId, { snapshot, lane: 'port', answerMs: monotonicMs() - this.#started, title: null });
    this.#askSections(snapshot);
  }

  /** Only of those that have some: 256 workers would be woken once more, to say that they have none. Main tells its own. */
  #askSections({ threadId, sections }: ThreadSnapshot): void {
    if (this.#restMs === null || threadId === 0 || sections === null || sections.length === 0) return;
    const { requestId } = this.#request;
    const timeoutMs = Math.max(1, this.#started + this.#restMs - monotonicMs() - AFTER_SECTIONS_MS);
    this.#sectionsToCome.add(threadId);
    this.#ask(threadId, { kind: 'sections', requestId, timeoutMs });
  }

  #addSections(threadId: number, sections: SectionReport[]): void {
    if (this.#sectionsToCome.delete(threadId)) this.sections.set(threadId, sections);
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
