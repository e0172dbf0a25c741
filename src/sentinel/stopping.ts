/** What a stop signal means beyond its report: the process is to end, whatever main does. */
import { setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import type { SharedState } from '../agent/sharedState.js';
import { sayOnce } from '../coordinator/notice.js';
import { STILL_ALIVE_MS, stillAliveAfter } from '../coordinator/stopSignals.js';
import type { Trigger } from '../report/types.js';

/** What a main that is only slow gets to hear a stop signal after the report, in ms. */
const STOP_WAIT_MS = 500;

export class Stopping {
  /** Those that the application listens to: what they do is up to it. */
  handledByOthers: string[] = [];
  readonly #shared: SharedState;
  readonly #report: (trigger: Trigger) => void;
  #stillAlive: NodeJS.Timeout | null = null;

  constructor(shared: SharedState, report: (trigger: Trigger) => void) {
    this.#shared = shared;
    this.#report = report;
  }

  /** Several stop signals are one wish to stop. The process that obeys is gone before its second report comes. */
  asked(signal: string): void {
    if (this.#stillAlive !== null) return;
    this.#stillAlive = setTimer(() => {
      this.#stillAlive = null;
      this.#report(stillAliveAfter(signal));
    }, STILL_ALIVE_MS);
  }

  /**
   * Without us the signal would have ended the process at once. Main holds a handle for it now, so that only SIGKILL does
   * while main hangs; a main that was merely slow hears the signal within this wait, and ends by it.
   */
  async reported(signal: string): Promise<void> {
    if (this.handledByOthers.includes(signal)) return;
    const seen = this.#shared.signalsSeenByMain;
    await setTimeout(STOP_WAIT_MS);
    if (this.#shared.signalsSeenByMain > seen || this.#shared.signalsSeenByMain >= this.#shared.signalsServed) return;
    sayOnce('GMR_SIGNAL', `${signal} was reported; main does not turn its loop, so the process is ended by SIGKILL`);
    process.kill(process.pid, 'SIGKILL');
  }
}
