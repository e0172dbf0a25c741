/**
 * Asks threads for what costs them CPU time, as many at once as there are CPUs. Asked all together they take the CPUs from
 * each other, so that each stands still for as long as the others work: of 64 idle workers on two CPUs the longest pause
 * was 75 ms (`bench/snapshot.mjs`). One that does not answer holds up nobody for long: its turn ends.
 */
import { availableParallelism } from 'node:os';
import { clearTimeout, setTimeout } from '../tasks/timers.js';

/** Everybody is asked within this time, whether those before answer or not, in ms: less than half of a deadline. */
const ALL_ASKED_MS = 400;
const TURN_LEAST_MS = 2;

export class InTurn {
  readonly #ask: (threadId: number) => void;
  readonly #atOnce: number;
  readonly #waiting = new Set<number>();
  readonly #turns = new Map<number, NodeJS.Timeout>();
  #isStarted = false;
  #turnMs = ALL_ASKED_MS;

  /** @param atOnce - how many are asked at once */
  constructor(ask: (threadId: number) => void, atOnce: number = availableParallelism()) {
    this.#ask = ask;
    this.#atOnce = atOnce;
  }

  /** It is asked when its turn comes, once `start` was called. */
  add(threadId: number): void {
    this.#waiting.add(threadId);
    this.#next();
  }

  start(): void {
    this.#isStarted = true;
    this.#turnMs = Math.max(TURN_LEAST_MS, (ALL_ASKED_MS * this.#atOnce) / Math.max(1, this.#waiting.size));
    this.#next();
  }

  /** It has answered, or is gone. */
  end(threadId: number): void {
    this.#waiting.delete(threadId);
    clearTimeout(this.#turns.get(threadId));
    if (this.#turns.delete(threadId)) this.#next();
  }

  /** Nobody is asked any more. */
  stop(): void {
    this.#waiting.clear();
    for (const timer of this.#turns.values()) clearTimeout(timer);
    this.#turns.clear();
  }

  #next(): void {
    while (this.#isStarted && this.#turns.size < this.#atOnce) {
      const [threadId] = this.#waiting;
      if (threadId === undefined) return;
      this.#waiting.delete(threadId);
      const endTurn = (): void => this.end(threadId);
      this.#turns.set(threadId, setTimeout(endTurn, this.#turnMs).unref());
      this.#ask(threadId);
    }
  }
}
