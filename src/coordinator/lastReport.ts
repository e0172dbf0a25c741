/**
 * Reports of a process that ends while they are taken: main blocks, bounded, and the sentinel reads all threads, main's
 * own included. Without a sentinel there is nobody to wait for.
 */
import type { SharedState } from '../agent/sharedState.js';
import { messageOf } from '../errors.js';
import type { Link } from './link.js';
import type { Crash, Leaving } from './sentinelThread.js';

export class LastReport {
  readonly #shared: SharedState;
  readonly #link: () => Link | null;
  readonly #boundMs: () => number;
  readonly #isSectionFault: () => boolean;
  #stopping: string | null = null;
  #isWatchingCrashes = false;

  constructor(shared: SharedState, link: () => Link | null, boundMs: () => number, isSectionFault: () => boolean) {
    this.#isSectionFault = isSectionFault;
    this.#shared = shared;
    this.#link = link;
    this.#boundMs = boundMs;
  }

  /** From here on an exit of the process waits for the report that this stop signal asked for. */
  stopAsked(signal: string): void {
    this.#stopping = signal;
  }

  stopReported(): void {
    this.#stopping = null;
  }

  /** The first thing at exit. An application whose own listener of a stop signal ends it at once gets its report all the same. */
  leave(): void {
    if (this.#stopping === null) return;
    this.#wait('leaving', { signal: this.#stopping, claim: this.#shared.claims } satisfies Leaving);
    this.#stopping = null;
  }

  watchCrashes(): void {
    if (this.#isWatchingCrashes) return;
    this.#isWatchingCrashes = true;
    process.on('uncaughtExceptionMonitor', (error: unknown) => this.#reportCrash(error));
  }

  #reportCrash(error: unknown): void {
    if (this.#isSectionFault()) return;
    const stack = error instanceof Error ? error.stack : undefined;
    this.#wait('crash', { message: messageOf(error), stack: String(stack ?? '') } satisfies Crash);
  }

  #wait(kind: string, payload: unknown): void {
    const link = this.#link();
    if (link === null) return;
    this.#shared.expectLastReport();
    link.tell(kind, payload);
    this.#shared.waitForLastReport(this.#boundMs());
  }
}
