/** Bounded questions and answers over a private port between main and the sentinel. */
import type { MessagePort, Transferable } from 'node:worker_threads';
import { GuruError, messageOf } from '../errors.js';
import { clearTimeout, setImmediate, setTimeout } from '../tasks/timers.js';

type Handler = (payload: never) => unknown;
interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  timer: ReturnType<typeof setTimeout>;
}
interface Envelope {
  question?: number;
  answer?: number;
  kind?: string;
  payload?: unknown;
  error?: string;
}

export class Link {
  readonly #port: MessagePort;
  readonly #handlers = new Map<string, Handler>();
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: Envelope | null) => {
      if (typeof message !== 'object' || message === null) return;
      if (message.answer !== undefined) this.#settle(message.answer, message);
      else void this.#serve(message);
    });
    port.unref();
  }

  /** What to do with messages of this kind; what it returns or throws is the answer, where one was asked for. */
  on<Payload>(kind: string, handler: (payload: Payload) => unknown): void {
    this.#handlers.set(kind, handler as Handler);
  }

  /** Sends without waiting for an answer. */
  tell(kind: string, payload: unknown, transfer: Transferable[] = []): void {
    this.#port.postMessage({ kind, payload } satisfies Envelope, transfer);
  }

  /**
   * Asks and waits at most `boundMs`.
   * @throws {GuruError} `GMR_TIMEOUT` when no answer came in time, `GMR_LANE` when the other side failed.
   */
  ask<Answer>(kind: string, payload: unknown, boundMs: number): Promise<Answer> {
    const question = ++this.#last;
    return new Promise<unknown>((resolve, reject) => {
      // Not at once: where this thread was held up itself, the answer waits behind the timer, to be read by the next poll.
      const late = (): void => void setImmediate(() => this.#settle(question, null));
      this.#waiting.set(question, { resolve, reject, timer: setTimeout(late, boundMs) });
      this.#port.postMessage({ question, kind, payload } satisfies Envelope);
    }) as Promise<Answer>;
  }

  close(): void {
    for (const question of this.#waiting.keys()) this.#settle(question, null);
    this.#port.close();
  }

  async #serve(message: Envelope): Promise<void> {
    const handler = this.#handlers.get(message.kind ?? '');
    if (handler === undefined) return;
    const reply: Envelope = { answer: message.question ?? 0 };
    try {
      reply.payload = await handler(message.payload as never);
    } catch (error) {
      reply.error = messageOf(error);
    }
    if (message.question !== undefined) this.#port.postMessage(reply);
  }

  #settle(question: number, message: Envelope | null): void {
    const waiting = this.#waiting.get(question);
    if (waiting === undefined) return;
    this.#waiting.delete(question);
    clearTimeout(waiting.timer);
    if (message === null) waiting.reject(new GuruError('GMR_TIMEOUT', 'the other thread gave no answer in time'));
    else if (message.error !== undefined) waiting.reject(new GuruError('GMR_LANE', message.error));
    else waiting.resolve(message.payload);
  }
}
