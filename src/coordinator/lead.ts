/** Leading one report: the claim, the collecting, the finishing. The same code on main and in the sentinel. */
import { hostname } from 'node:os';
import type { SharedState } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import type { AnswerPlace } from './asking/answer.js';
import type { Report, Trigger } from '../report/types.js';
import { collect, type Lanes } from './collect.js';
import type { Collected, ReportRequest } from './collected.js';
import type { ReportSettings } from './settings.js';

/** How long the heavy end may take, to read sources, redact, render and write, in ms. */
export const FINISH_MS = 10_000;

/** What becomes of what was collected: a finished report, printed or not. */
export interface FinishOrder {
  /** Print it as the options say. */
  deliver: boolean;
  /** Hand the report back, for the API or `onReport`. */
  wantReport: boolean;
  /** Where the answer to a request of `gmr` goes; null for a report that nobody asked for that way. */
  answer: AnswerPlace | null;
}
export type Finish = (collected: Collected, order: FinishOrder) => Promise<Report | null>;

export class Lead {
  readonly #who: 'main' | 'sentinel';
  readonly #shared: SharedState;
  readonly #token: string;
  readonly #lanes: () => Lanes;
  readonly #finish: Finish;

  constructor(who: 'main' | 'sentinel', shared: SharedState, token: string, lanes: () => Lanes, finish: Finish) {
    this.#who = who;
    this.#shared = shared;
    this.#token = token;
    this.#lanes = lanes;
    this.#finish = finish;
  }

  /** Claims the lead and makes a report; `{ claimed: false }` at once when another one is being made. */
  async run(
    trigger: Trigger,
    settings: ReportSettings,
    order: FinishOrder,
  ): Promise<{ claimed: boolean; report: Report | null }> {
    const claim = this.#shared.claimLead(this.#who);
    if (claim === 0) return { claimed: false, report: null };
    return { claimed: true, report: await this.underClaim(claim, trigger, settings, order) };
  }

  /** Makes a report under a claim that is already held, and releases it. */
  async underClaim(
    claim: number,
    trigger: Trigger,
    settings: ReportSettings,
    order: FinishOrder,
  ): Promise<Report | null> {
    try {
      const collected = await collect(this.#request(trigger, settings), this.#lanes());
      if (!this.#shared.leads(claim)) return null;
      this.#shared.markCollected(claim);
      return await this.#finish(collected, order);
    } finally {
      this.#shared.releaseLead(claim);
    }
  }

  #request(trigger: Trigger, settings: ReportSettings): ReportRequest {
    return {
      id: `${hostname()}-${process.pid}-${this.#token}-${this.#shared.nextReport()}`,
      trigger,
      requestedAt: new Date().toISOString(),
      startedMs: monotonicMs(),
      graceMs: Math.min(settings.grace, settings.deadline),
      deadlineMs: settings.deadline,
      heapScan: settings.heapScan,
      readTasks: settings.readTasks,
    };
  }
}
