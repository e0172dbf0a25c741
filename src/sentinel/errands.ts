/** What main has begun to report for: a main that hangs in the middle of it leaves the rest to the sentinel. */
import { todoFor, type Errand, type Todo } from '../coordinator/errand.js';
import type { Link } from '../coordinator/link.js';
import type { ReportSettings } from '../coordinator/settings.js';
import type { Trigger } from '../report/types.js';
import type { Claim } from './standIn.js';

/** Sent by main when it has taken a request under a claim. */
export interface ErrandOfMain {
  claim: number;
  errand: Errand;
}

export class Errands {
  #ofMain: ErrandOfMain | null = null;

  constructor(link: Link) {
    link.on<ErrandOfMain>('errand', (errand) => {
      this.#ofMain = errand;
    });
  }

  /** How long the report may take that main leads under this claim, in ms. */
  deadlineMs(claim: number, settings: ReportSettings): number {
    return this.#ofMain?.claim === claim ? this.#ofMain.errand.settings.deadline : settings.deadline;
  }

  /** What to do under a claim: what main had begun, where it was taken over from main. */
  under({ ofMain }: Pick<Claim, 'ofMain'>, trigger: Trigger, settings: ReportSettings): Todo {
    const begun = ofMain !== null && this.#ofMain?.claim === ofMain ? this.#ofMain.errand : null;
    return begun === null ? todoFor(trigger, settings, true) : { kind: 'report', errand: begun };
  }
}
