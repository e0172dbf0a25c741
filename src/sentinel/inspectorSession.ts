/**
 * One inspector session on the main thread of a process, held for the length of one report: by the sentinel from inside, or
 * by `gmr dump --attach` through the port that the process opened.
 *
 * Through main's `NodeWorker` domain it reaches every worker, nested ones too; `Runtime.evaluate` interrupts whatever
 * JavaScript runs there. No Debugger domain: a paused worker cannot be terminated. Every question has a bound, and a
 * session is opened as late and closed as early as can be: one that is open while the process exits delays the exit.
 *
 * A worker that is terminated while an evaluate runs in it would live on: V8 ends the evaluated code and takes the
 * termination for done, and what the evaluate had interrupted goes on (seen on 20 to 26: a `for (;;)` survived
 * `worker.terminate()`, and the process its own exit). On Node 20 it is worse: what is left of the termination stays behind
 * as a scheduled exception, and when the interrupted code sits in `Atomics.wait`, the next termination fails a check of V8's
 * there and the process aborts. So
 * - every evaluate has a `timeout`: V8 then cancels, when the evaluate ends, what is left of a termination;
 * - a thread whose evaluate was terminated, and each thread once more before the session closes, is asked whether it is to
 *   stop, and terminated again if so: an answer that was complete just before the termination tells nothing of it;
 * - before the process exits, all that is under way is waited for, bounded.
 *
 * Measured in `lab/lanes.cjs`: 1 to 30 ms an answer; nothing at all from a thread in a native call, and nothing from any
 * worker while main is in one, since all messages go through main.
 */
import { clearTimeout, setTimeout as setTimer } from 'node:timers';
import { monotonicMs } from '../tasks/clock.js';
import { Drain, DRAIN_MS, type MayAnswer, type RoundTrip } from './drain.js';

export const MAIN = 'main';

export interface Target {
  /** The worker's session, or `MAIN`. */
  session: string;
  threadId: number;
  title: string;
}

/** What carries the inspector's messages: node:inspector's own `Session` has this shape. */
export interface Wire {
  /** Opens it; throws where that is not possible. */
  connect(): void;
  /** Calls back once, with the error or the result; never where the process does not answer. */
  post(method: string, params: object, callback: (error: Error | null, result?: object) => void): void;
  on(event: WorkerEvent, listener: (message: { params: WorkerParams }) => void): void;
  disconnect(): void;
}

/** What `NodeWorker` tells of the workers. */
export type WorkerEvent =
  | 'NodeWorker.attachedToWorker'
  | 'NodeWorker.detachedFromWorker'
  | 'NodeWorker.receivedMessageFromWorker';

/** The parameters of all three events; which are there depends on the event. */
export interface WorkerParams {
  sessionId: string;
  workerInfo: { title: string };
  message: string;
}

interface WorkerMessage {
  id?: number;
  result?: unknown;
  error?: { message?: string };
}

/** An evaluate is ended by V8 this long after nobody waits for its answer any more, in ms. */
const EVALUATE_LATE_MS = 2000;
/** A worker that is meant to stop is given this long to say so, in ms: as long as its session waits for anything. */
const ENDING_MS = DRAIN_MS;

/** What V8's inspector answers when the evaluated code was terminated. */
const TERMINATED = 'Execution was terminated';

/** Node runs no script in an environment that is to stop: `runInThisContext` then returns nothing at all. */
const IS_STOPPING = `(() => { try {
  return String(new (process.getBuiltinModule("node:vm").Script)("1").runInThisContext() === undefined);
} catch { return "false"; } })()`;

/** What the lanes need of a session. */
export type Session = Pick<InspectorSession, 'connect' | 'watchWorkers' | 'evaluate' | 'post' | 'drain' | 'close'>;

export class InspectorSession {
  readonly #wire: Wire;
  /** Workers that were asked anything. */
  readonly #asked = new Set<string>();
  readonly #waiting = new Map<number, (result: unknown) => void>();
  /** Questions that got no answer yet, in time or not, by session: what was asked may still be running in the thread. */
  readonly #underWay = new Map<number, string>();
  /** Sessions that have answered, main's too: no thread of theirs is inside native code for good. */
  readonly #answered = new Set<string>();
  /** Questions whether a worker is meant to stop, and when they were put. */
  readonly #checks = new Map<number, number>();
  readonly #targets = new Map<string, Target>();
  #onTarget: ((target: Target) => void) | null = null;
  #last = 0;
  #isClosing = false;
  #drained: Promise<void> | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Opens the session: from here on main itself can be asked. */
  connect(): void {
    this.#wire.connect();
  }

  /**
   * Hands every worker there is, and every one that comes while the session is open, to `onTarget`; false when main did
   * not let the session see its workers within `boundMs`.
   */
  async watchWorkers(onTarget: (target: Target) => void, boundMs: number): Promise<boolean> {
    if (this.#onTarget === null) this.#listen();
    this.#onTarget = onTarget;
    for (const target of this.#targets.values()) onTarget(target);
    return this.#bounded(
      (done) => {
        this.#send('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => done(error === null));
      },
      boundMs,
      false as boolean,
    );
  }

  #listen(): void {
    this.#wire.on('NodeWorker.attachedToWorker', ({ params }) => this.#attached(params));
    this.#wire.on('NodeWorker.detachedFromWorker', ({ params }) => this.#detached(params.sessionId));
    this.#wire.on('NodeWorker.receivedMessageFromWorker', ({ params }) =>
      this.#received(params.sessionId, params.message),
    );
  }

  /** The string that `expression` gives in that thread; null when it gave none, failed, or `boundMs` ran out. */
  async evaluate(session: string, expression: string, boundMs: number): Promise<string | null> {
    return textOf(await this.post(session, 'Runtime.evaluate', evaluation(expression, boundMs), boundMs));
  }

  /** What `method` of the inspector's protocol answers in that thread; null when it failed, or `boundMs` ran out. */
  post(session: string, method: string, params: object, boundMs: number): Promise<unknown> {
    if (this.#isClosing) return Promise.resolve(null);
    if (session !== MAIN) this.#asked.add(session);
    return this.#ask(session, method, params, boundMs);
  }

  /**
   * Asks nothing new any more, and waits until every question has its answer, or never will have it: see `Drain` for what
   * `mayAnswer` is asked and for the bounds.
   */
  drain(mayAnswer: MayAnswer = () => false): Promise<void> {
    this.#drained ??= this.#drain(mayAnswer);
    return this.#drained;
  }

  #drain(mayAnswer: MayAnswer): Promise<void> {
    this.#isClosing = true;
    for (const session of this.#asked) void this.#endIfStopping(session);
    const asked = {
      underWay: this.#underWay,
      hasAnswered: (session: string) => this.#answered.has(session),
      threadOf: (session: string) => (session === MAIN ? 0 : (this.#targets.get(session)?.threadId ?? null)),
      roundTrip: () => this.#roundTrip(),
    };
    return new Drain(asked, MAIN, mayAnswer).done();
  }

  #roundTrip(): RoundTrip {
    const trip = { isDone: false };
    void this.#ask(MAIN, 'Runtime.getIsolateId', {}, DRAIN_MS).then(() => (trip.isDone = true));
    return trip;
  }

  /** Terminates what runs in a worker that is meant to stop and was kept from it by an evaluate. */
  async #endIfStopping(session: string): Promise<void> {
    this.#checks.set(this.#last + 1, monotonicMs());
    const answer = await this.#ask(session, 'Runtime.evaluate', evaluation(IS_STOPPING, ENDING_MS), ENDING_MS);
    if (textOf(answer) === 'true') await this.#ask(session, 'Runtime.terminateExecution', {}, ENDING_MS);
  }

  #ask(session: string, method: string, params: object, boundMs: number): Promise<unknown> {
    const id = ++this.#last;
    this.#underWay.set(id, session);
    if (session === MAIN) return this.#askMain(id, method, params, boundMs);
    return this.#askWorker(session, { id, method, params }, boundMs);
  }

  #askMain(id: number, method: string, params: object, boundMs: number): Promise<unknown> {
    return this.#bounded<unknown>(
      (done) => {
        this.#waiting.set(id, done);
        this.#send(method, params, (error, result) => {
          this.#underWay.delete(id);
          done(error === null ? (result ?? {}) : null);
        });
      },
      boundMs,
      null,
    ).finally(() => this.#waiting.delete(id));
  }

  #askWorker(
    session: string,
    question: { id: number; method: string; params: object },
    boundMs: number,
  ): Promise<unknown> {
    const { id } = question;
    const answer = this.#bounded<unknown>(
      (done) => {
        this.#waiting.set(id, done);
        this.#post(session, question, (sent) => {
          if (sent) return;
          this.#underWay.delete(id);
          done(null);
        });
      },
      boundMs,
      null,
    );
    return answer.finally(() => this.#waiting.delete(id));
  }

  #post(session: string, message: object, onSent: (sent: boolean) => void): void {
    const parameters = { sessionId: session, message: JSON.stringify(message) };
    this.#send('NodeWorker.sendMessageToWorker', parameters, (error) => onSent(error === null));
  }

  #send(method: string, params: object, onAnswer: (error: Error | null, result?: object) => void): void {
    this.#wire.post(method, params, (error, result) => {
      this.#answered.add(MAIN);
      onAnswer(error, result);
    });
  }

  /** Detaches from everything; safe to call at any time and more than once. */
  close(): void {
    this.#isClosing = true;
    try {
      this.#wire.disconnect();
    } catch {
      // Was never connected, or the process is already going away.
    }
    for (const done of this.#waiting.values()) done(null);
  }

  #attached(params: WorkerParams): void {
    const { title } = params.workerInfo;
    const number = /^\[worker (\d+)\]/.exec(title)?.[1];
    if (number === undefined) return;
    const target = { session: params.sessionId, threadId: Number(number), title };
    this.#targets.set(params.sessionId, target);
    this.#onTarget?.(target);
  }

  /** A worker that has ended answers nothing any more. */
  #detached(session: string): void {
    this.#targets.delete(session);
    this.#asked.delete(session);
    for (const [id, asked] of this.#underWay) {
      if (asked !== session) continue;
      this.#underWay.delete(id);
      this.#waiting.get(id)?.(null);
    }
  }

  #received(session: string, text: string): void {
    const message = JSON.parse(text) as WorkerMessage;
    if (message.id !== undefined) this.#underWay.delete(message.id);
    this.#answered.add(session);
    if (message.error?.message === TERMINATED) this.#terminated(session, message.id);
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message.error === undefined ? message.result : null);
  }

  /**
   * A check that was terminated, and not by its own timeout, has its answer: the worker is meant to stop. Another check would
   * end the same way, and so on without end.
   */
  #terminated(session: string, id: number | undefined): void {
    const checkedAt = id === undefined ? undefined : this.#checks.get(id);
    if (checkedAt === undefined) void this.#endIfStopping(session);
    else if (monotonicMs() - checkedAt < ENDING_MS)
      void this.#ask(session, 'Runtime.terminateExecution', {}, ENDING_MS);
  }

  #bounded<Value>(start: (done: (value: Value) => void) => void, boundMs: number, late: Value): Promise<Value> {
    return new Promise((resolve) => {
      const timer = setTimer(() => resolve(late), Math.max(1, boundMs));
      const done = (value: Value): void => {
        clearTimeout(timer);
        resolve(value);
      };
      try {
        start(done);
      } catch {
        done(late);
      }
    });
  }
}

function evaluation(expression: string, boundMs: number): object {
  return { expression, returnByValue: true, silent: true, timeout: boundMs + EVALUATE_LATE_MS };
}

/** The string in a `Runtime.evaluate` result, null for anything else. */
function textOf(answer: unknown): string | null {
  const value = (answer as { result?: { value?: unknown } } | undefined)?.result?.value;
  return typeof value === 'string' ? value : null;
}
