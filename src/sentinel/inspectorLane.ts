/** The second lane: reads threads whose loop does not turn, inside an interrupt of whatever they are doing. */
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../agent/sharedState.js';
import type { Answer, ReportRequest } from '../coordinator/collected.js';
import { toSnapshotRequest } from '../coordinator/collect.js';
import type { RawFrame, ThreadSnapshot } from '../protocol.js';
import { InspectorSession, MAIN, type Target } from './inspectorSession.js';
import { stackExpression, snapshotExpression } from './expressions.js';

export interface ReadThread {
  target: Target;
  answer: Answer;
  /** Later stacks of the same thread. */
  samples: RawFrame[][];
  sampledForMs: number;
}

/** Stack samples of all suspects together, so that many of them do not make the report late. */
const SAMPLES_IN_ALL = 96;
const SAMPLES_EACH = 16;
/** Length of the sampling: 10 to 20 samples within it name the right function every time (DESIGN, facts). */
const SAMPLING_MS = 240;

export class InspectorLane {
  readonly #request: ReportRequest;
  readonly #session = new InspectorSession();
  readonly #skip: ReadonlySet<number>;
  readonly #reading = new Map<number, Promise<void>>();
  readonly read = new Map<number, ReadThread>();
  /** Threads that were asked and have not answered (yet). */
  readonly silent = new Map<number, Target>();

  constructor(request: ReportRequest, skip: ReadonlySet<number>) {
    this.#request = request;
    this.#skip = skip;
  }

  /** Asks every thread that is not to be skipped; true when main let the session in. */
  async open(boundMs: number): Promise<boolean> {
    this.#session.connect();
    if (!this.#skip.has(0)) this.#start({ session: MAIN, threadId: 0, title: 'main' });
    return this.#session.watchWorkers((target) => {
      if (!this.#skip.has(target.threadId)) this.#start(target);
    }, boundMs);
  }

  /** Until every thread has answered, `giveUp` says of all that are left that they will not, or the deadline. */
  async settled(giveUp: (target: Target) => boolean): Promise<void> {
    const until = this.#request.startedMs + this.#request.deadlineMs;
    while (monotonicMs() < until) {
      const waiting = [...this.silent.values()].filter((target) => !giveUp(target));
      if (waiting.length === 0) return;
      const answers = waiting.map((target) => this.#reading.get(target.threadId));
      await Promise.race([Promise.allSettled(answers), setTimeout(20)]);
    }
  }

  /** Samples the stacks of `threadIds`, evenly over `SAMPLING_MS`, all of them side by side. */
  async sample(threadIds: readonly number[]): Promise<void> {
    const suspects = [...this.read.values()].filter(({ target }) => threadIds.includes(target.threadId));
    if (suspects.length === 0) return;
    const count = Math.max(1, Math.min(SAMPLES_EACH, Math.floor(SAMPLES_IN_ALL / suspects.length)));
    const started = monotonicMs();
    for (let round = 1; round <= count && this.#remainingMs() > 0; round++) {
      const due = started + (SAMPLING_MS * round) / count;
      await setTimeout(Math.max(0, due - monotonicMs()));
      await Promise.all(suspects.map((suspect) => this.#sampleOne(suspect, started)));
    }
  }

  /** Detaches once nothing that was asked is under way any more, after `boundMs` in any case. */
  async drain(boundMs: number): Promise<void> {
    await this.#session.drain(boundMs);
    this.#session.close();
  }

  close(): void {
    this.#session.close();
  }

  #remainingMs(): number {
    return this.#request.startedMs + this.#request.deadlineMs - monotonicMs();
  }

  #start(target: Target): void {
    if (this.#reading.has(target.threadId)) return;
    this.silent.set(target.threadId, target);
    this.#reading.set(target.threadId, this.#readTarget(target));
  }

  async #readTarget(target: Target): Promise<void> {
    const request = toSnapshotRequest(this.#request, 'inspector');
    let text = await this.#session.evaluate(target.session, snapshotExpression(request, 'agent'), this.#remainingMs());
    if (text === '') {
      text = await this.#session.evaluate(target.session, snapshotExpression(request, 'probe'), this.#remainingMs());
    }
    const snapshot = parseSnapshot(text);
    if (snapshot === null) return;
    const answerMs = monotonicMs() - this.#request.startedMs;
    this.silent.delete(target.threadId);
    const answer: Answer = { snapshot, lane: 'inspector', answerMs, title: target.title };
    this.read.set(target.threadId, { target, answer, samples: [], sampledForMs: 0 });
  }

  async #sampleOne(suspect: ReadThread, started: number): Promise<void> {
    const { snapshot } = suspect.answer;
    const expression = stackExpression(snapshot.instrumented ? 'agent' : 'probe');
    const text = await this.#session.evaluate(suspect.target.session, expression, Math.min(this.#remainingMs(), SAMPLING_MS));
    if (text === null || text === '') return;
    suspect.samples.push(JSON.parse(text) as RawFrame[]);
    suspect.sampledForMs = monotonicMs() - started;
  }
}

function parseSnapshot(text: string | null): ThreadSnapshot | null {
  if (text === null || text === '') return null;
  try {
    const snapshot = JSON.parse(text) as ThreadSnapshot;
    return Number.isInteger(snapshot.threadId) && Array.isArray(snapshot.stack) ? snapshot : null;
  } catch {
    return null;
  }
}
