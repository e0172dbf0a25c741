/**
 * The wait before a session closes, until every thread has answered what it was asked: a process whose threads are terminated
 * or that exits while they run it may live on for good (see InspectorSession).
 *
 * Only a thread that never will answer is given up: one inside native code. That it is silent does not tell it from one that
 * hardly gets a CPU. So the kernel is asked (see SilentThreads), and where nobody can ask it, the time decides.
 */
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../tasks/clock.js';

/** Nobody is given up before this, in ms: a thread in native code never answers, and is not held up by a session. */
const SILENT_MS = 300;
/** The same for a thread that has answered before: it does so within ms, unless the machine has no time for it. */
const ANSWERED_MS = 1500;
/**
 * The most that is waited, in ms: a thread that gets a hundredth of a CPU, as at the lowest priority beside busy ones, needs
 * some seconds for an answer. Shorter than main waits for us at its exit.
 */
export const DRAIN_MS = 10_000;
const STEP_MS = 5;

/** Whether a silent thread may give its answer yet, as the kernel tells; false too where nobody can tell. */
export type MayAnswer = (threadId: number) => boolean;

/** What a session shows of itself while it is waited for. */
export interface Asked {
  /** The threads' sessions, by the number of the question that got no answer yet, oldest first. */
  readonly underWay: ReadonlyMap<number, string>;
  hasAnswered(session: string): boolean;
  /** Null for one that is gone. */
  threadOf(session: string): number | null;
  /** Sends something through main, behind everything that was sent before it. */
  roundTrip(): RoundTrip;
}

export interface RoundTrip {
  isDone: boolean;
}

interface Suspect {
  question: number;
  /** What was asked is with the thread when this is done. */
  sent: RoundTrip;
  /** An answer that had been given before it was looked at is here when this is done. */
  back: RoundTrip | null;
}

/** Until everything is answered, or what is left never will be. */
export class Drain {
  readonly #asked: Asked;
  /** The thread of main: all messages go through it, and it is nobody's to judge from what it relays. */
  readonly #main: string;
  readonly #mayAnswer: MayAnswer;
  readonly #suspects = new Map<string, Suspect>();

  constructor(asked: Asked, main: string, mayAnswer: MayAnswer) {
    this.#asked = asked;
    this.#main = main;
    this.#mayAnswer = mayAnswer;
  }

  async done(): Promise<void> {
    const started = monotonicMs();
    for (;;) {
      const waitedMs = monotonicMs() - started;
      if (waitedMs >= DRAIN_MS || !this.#isWorthIt(waitedMs)) return;
      await setTimeout(STEP_MS);
    }
  }

  #isWorthIt(waitedMs: number): boolean {
    const last = new Map([...this.#asked.underWay].map(([question, session]) => [session, question]));
    const lost = [...last].filter(([session, question]) => this.#isLost(session, question, waitedMs));
    return lost.length < last.size && !lost.some(([session]) => session === this.#main);
  }

  #isLost(session: string, question: number, waitedMs: number): boolean {
    if (waitedMs < (this.#asked.hasAnswered(session) ? ANSWERED_MS : SILENT_MS)) return false;
    const threadId = this.#asked.threadOf(session);
    if (session === this.#main) return threadId === null || !this.#mayAnswer(threadId);
    const suspect = this.#suspectOf(session, question);
    if (!suspect.sent.isDone) return false;
    if (threadId !== null && this.#mayAnswer(threadId)) {
      suspect.back = null;
      return false;
    }
    suspect.back ??= this.#asked.roundTrip();
    return suspect.back.isDone;
  }

  #suspectOf(session: string, question: number): Suspect {
    const known = this.#suspects.get(session);
    if (known?.question === question) return known;
    const suspect = { question, sent: this.#asked.roundTrip(), back: null };
    this.#suspects.set(session, suspect);
    return suspect;
  }
}
