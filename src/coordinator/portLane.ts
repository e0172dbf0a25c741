/** The first lane: the ports of all agents that have introduced themselves. Answers while a thread's loop turns. */
import type { MessagePort } from 'node:worker_threads';
import type { SnapshotRequest, ToAgent } from '../protocol.js';
import { Asking } from './askingThreads.js';

export class PortLane {
  readonly #ports = new Map<number, MessagePort>();
  readonly #asking = new Set<Asking>();
  readonly #onGone: (threadId: number) => void;

  constructor(onGone: (threadId: number) => void) {
    this.#onGone = onGone;
  }

  /** Threads of which a port is there. */
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
    for (const asking of this.#asking) asking.meet(threadId);
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
    const ask = (threadId: number, question: ToAgent): void => this.#ports.get(threadId)?.postMessage(question);
    const asking = new Asking(request, started, expected, ask, () => this.#asking.delete(asking));
    this.#asking.add(asking);
    for (const threadId of this.#ports.keys()) asking.meet(threadId);
    return asking;
  }

  #forget(threadId: number, port: MessagePort): void {
    if (this.#ports.get(threadId) !== port) return;
    this.#ports.delete(threadId);
    for (const asking of this.#asking) asking.lose(threadId);
    this.#onGone(threadId);
  }
}
