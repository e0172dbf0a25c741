/** What main has begun to report for: a main that hangs in the middle of it leaves the rest to the sentinel. */
import { todoFor, type ErrandOfMain, type Todo } from '../coordinator/errand.js';
import type { Link } from '../coordinator/link.js';
import type { ReportSettings } from '../coordinator/settings.js';
import type { Trigger } from '../report/types.js';
import type { Claim } from './standIn.js';

export class Errands {
  #ofMain: ErrandOfMain | null;

  /**
   * @param underWay - what main had begun before this thread was there
   * @param onBegun - called with what main begins from here on
   */
  constructor(link: Link, underWay: ErrandOfMain | null, onBegun: (errand: ErrandOfMain) => void) {
    this.#ofMain = underWay;
    link.on<ErrandOfMain>('errand', (errand) => {
      this.#ofMain = errand;
      onBegun(errand);
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
