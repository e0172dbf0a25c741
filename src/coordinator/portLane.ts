/** The first lane: the ports of all agents that have introduced themselves. Answers while a thread's loop turns. */
import { setTimeout, clearTimeout } from 'node:timers';
import type { MessagePort } from 'node:worker_threads';
import { monotonicMs } from '../agent/sharedState.js';
import { isAnswer, type FromAgent, type SnapshotRequest, type ThreadSnapshot, type ToAgent } from '../protocol.js';
import type { Answer } from './collected.js';

export class PortLane {
  readonly #ports = new Map<number, MessagePort>();
  readonly #asking = new Set<Asking>();
  readonly #onGone: (threadId: number) => void;

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
      for (const asking of this.#asking) asking.take(threadId, message);
    });
    port.on('close', () => this.#forget(threadId, port));
    port.unref();
  }

  /** Sends one message to every agent. */
  tellAll(message: ToAgent): void {
    for (const port of this.#ports.values()) port.postMessage(message);
  }

  /** Asks all agents at once; `started` is the monotonic time of the request, from which answers are timed. */
  ask(request: SnapshotRequest, started: number): Asking {
    const asking = new Asking(request.requestId, this.threadIds, started, () => this.#asking.delete(asking));
    this.#asking.add(asking);
    this.tellAll({ kind: 'snapshot', request });
    return asking;
  }

  #forget(threadId: number, port: MessagePort): void {
    if (this.#ports.get(threadId) !== port) return;
    this.#ports.delete(threadId);
    for (const asking of this.#asking) asking.lose(threadId);
    this.#onGone(threadId);
  }
}

/** One request under way: who said that its loop turns, and who has answered. */
export class Asking {
  readonly answers = new Map<number, Answer>();
  readonly #requestId: string;
  readonly #started: number;
  readonly #silent: Set<number>;
  readonly #turning = new Set<number>();
  readonly #close: () => void;
  #wake: () => void = () => {};

  constructor(requestId: string, threadIds: readonly number[], started: number, close: () => void) {
    this.#requestId = requestId;
    this.#started = started;
    this.#silent = new Set(threadIds);
    this.#close = close;
  }

  get silent(): number[] {
    return [...this.#silent];
  }

  /** Those that said their loop turns, answered fully or not. */
  get alive(): number[] {
    return [...this.#turning, ...this.answers.keys()];
  }

  /** Until every thread that is not expected to be silent has spoken, or `untilMs` after the request. */
  spoken(expectedSilent: ReadonlySet<number>, untilMs: number): Promise<void> {
    return this.#until(() => this.silent.every((threadId) => expectedSilent.has(threadId)), untilMs);
  }

  /** Until every thread whose loop turns has sent its whole answer, or `untilMs` after the request; then closes. */
  async answered(untilMs: number): Promise<void> {
    await this.#until(() => this.#turning.size === 0, untilMs);
    this.#close();
  }

  take(threadId: number, message: unknown): void {
    if (isAnswer(message, this.#requestId)) this.#answer(message.snapshot);
    else if (this.#isTurning(message)) this.#turn(threadId);
    this.#wake();
  }

  lose(threadId: number): void {
    this.#silent.delete(threadId);
    this.#turning.delete(threadId);
    this.#wake();
  }

  #answer(snapshot: ThreadSnapshot): void {
    this.lose(snapshot.threadId);
    this.answers.set(snapshot.threadId, {
      snapshot,
      lane: 'port',
      answerMs: monotonicMs() - this.#started,
      title: null,
    });
  }

  #turn(threadId: number): void {
    if (this.#silent.delete(threadId)) this.#turning.add(threadId);
  }

  #isTurning(message: unknown): boolean {
    const turning = message as Partial<FromAgent> | null;
    return turning?.kind === 'turning' && turning.requestId === this.#requestId;
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
