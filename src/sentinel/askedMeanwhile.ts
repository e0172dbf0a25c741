/**
 * A request of `gmr` whose signal came while another report was being taken: it is taken up when that one has ended. Which
 * request it was is looked up when the signal is heard: a later one may already wait in its place, before its own signal,
 * which would then be answered by a report that nobody asked for.
 */
import { waitingRequest } from '../coordinator/asking/take.js';
import { ASKED } from '../coordinator/errand.js';
import type { Trigger } from '../report/types.js';
import { ReportQueue } from './reportQueue.js';

export class AskedMeanwhile {
  readonly #places: () => readonly string[];
  readonly #queue: ReportQueue;
  #request: string | null = null;

  /** @param begin - resolves with false when another report is being taken; must not reject */
  constructor(places: () => readonly string[], begin: (trigger: Trigger) => Promise<boolean>) {
    this.#places = places;
    this.#queue = new ReportQueue((trigger) => (this.#isWaiting() ? begin(trigger) : Promise.resolve(true)));
  }

  /** The request that waits now, to be handed to `takeUp`; null when none does. */
  look(): string | null {
    return waitingRequest(this.#places());
  }

  /** Has it taken, unless somebody else does before. */
  takeUp(request: string): void {
    this.#request = request;
    if (this.#isWaiting()) void this.#queue.ask(ASKED);
  }

  #isWaiting(): boolean {
    return this.look() === this.#request;
  }
}
