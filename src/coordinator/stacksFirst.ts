import { clearTimeout, setTimeout } from '../tasks/timers.js';
/**
 * Holds back all that is not a stack until the stacks are read: with many threads it would take the CPUs from those that are
 * asked where they hang, and from main, through which every message of the inspector goes (measured by `bench/snapshot.mjs`).
 */

export class StacksFirst {
  #isRead = false;
  #wake: () => void = () => {};

  /** The stacks are read, or nobody is to be asked for one. */
  read(): void {
    this.#isRead = true;
    this.#wake();
  }

  /** Until the stacks are read, `boundMs` at most: a thread in native code never gives one. */
  waited(boundMs: number): Promise<void> {
    if (this.#isRead) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, boundMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
