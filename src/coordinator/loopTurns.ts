/**
 * Main's side of `sentinel/mainLoop.ts`: how often this loop has turned since it was first asked, counted only while it is
 * asked. What counts is an immediate, which runs right after the poll that brought the question. It is not ref'd, so that it
 * is no resource of the application's; that is why it is the next question, not another immediate, that brings the next turn.
 */
import { setImmediate } from '../tasks/timers.js';

export class LoopTurns {
  #turns = 0;
  #isCounting = false;

  count(): number {
    if (!this.#isCounting) {
      this.#isCounting = true;
      setImmediate(() => {
        this.#isCounting = false;
        this.#turns++;
      }).unref();
    }
    return this.#turns;
  }
}
