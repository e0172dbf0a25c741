/**
 * What main's loop has done, told by what it answers. Messages and signals are read at different places of one turn: libuv
 * calls what listens to signals last of a poll, so a main that has read a question need not have read a signal that came
 * before it. But the second turn after the one that brought a question has all that came before it behind it. So each answer
 * carries the number of the turn (`coordinator/loopTurns.ts`), and main is asked until that one is reached.
 *
 * Two immediates in main would tell the same with one question, and did: the application saw them among its resources.
 */
import type { Link } from '../coordinator/link.js';

/** How many turns after the one that brought a question begin once all that came before it has been read. */
const TURNS_TO_READ = 2;

export class MainLoop {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Whether main answers within this time, in ms. */
  async turns(boundMs: number): Promise<boolean> {
    return (await this.#turn(boundMs)) !== null;
  }

  /** Whether main has read, within this time in ms, the signals that came before this question. */
  async reads(boundMs: number): Promise<boolean> {
    const until = performance.now() + boundMs;
    const first = await this.#turn(boundMs);
    if (first === null) return false;
    let turn: number | null = first;
    while (turn !== null && turn < first + TURNS_TO_READ) turn = await this.#turn(until - performance.now());
    return turn !== null;
  }

  /** The number of the turn that brought main this question; null where no answer came in time. */
  async #turn(boundMs: number): Promise<number | null> {
    if (boundMs <= 0) return null;
    return this.#link.ask<number>('turns', null, boundMs).catch(() => null);
  }
}
