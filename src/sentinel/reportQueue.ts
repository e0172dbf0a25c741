/**
 * Reports that touched files ask for, one after the other. What comes while one is wanted or under way is answered by one
 * more: a thousand touches are few reports, and the last touch is never lost.
 */
import { setTimeout } from 'node:timers/promises';
import type { Trigger } from '../report/types.js';

/** How long to wait before asking again while another report is taken, in ms. */
const AGAIN_MS = 20;
/** A report that does not end within this, in ms, is given up on. */
const LONGEST_MS = 60_000;

export class ReportQueue {
  readonly #begin: (trigger: Trigger) => Promise<boolean>;
  #next: Trigger | null = null;
  #isRunning = false;

  /** @param begin - resolves with false when another report is being taken; must not reject */
  constructor(begin: (trigger: Trigger) => Promise<boolean>) {
    this.#begin = begin;
  }

  /** Resolves when nothing waits any more. */
  async ask(trigger: Trigger): Promise<void> {
    this.#next = trigger;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#next !== null) await this.#take();
    } finally {
      this.#isRunning = false;
    }
  }

  /** What is asked for before the report begins, it answers as well. */
  async #take(): Promise<void> {
    const until = performance.now() + LONGEST_MS;
    for (;;) {
      const trigger = this.#next;
      this.#next = null;
      if (trigger === null || (await this.#begin(trigger))) return;
      if (performance.now() > until) return;
      this.#next ??= trigger;
      await setTimeout(AGAIN_MS);
    }
  }
}
