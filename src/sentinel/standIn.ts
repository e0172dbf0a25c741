/**
 * When the sentinel leads: main and the sentinel both hear every signal; main claims the report unless it hangs, which it
 * does when it answers no message within the grace. The two keep count of the signals they heard, so that one which waits
 * for main until it wakes is not answered twice.
 *
 * The counts alone do not tell whether main hangs: who began to listen first has heard one more, and from then on every
 * signal would count as heard by main. So they are brought together again when both are quiet.
 */
import { setTimeout } from 'node:timers/promises';
import type { SharedState } from '../agent/sharedState.js';
import type { MainLoop } from './mainLoop.js';

/** What main gets beyond its deadline, before a report that it claimed and did not finish is made without it, in ms. */
const MAIN_LATE_MS = 300;
/** A main that answered has this long to read the signal as well, in ms: its loop turns, and may have much to do. */
const READ_MS = 250;
/** When no signal came for so long, in ms, both have heard the last one. */
const QUIET_MS = 1000;
/** A signal that main was told of just now is heard here within this time, in ms, if it is at all. */
const HERE_TOO_MS = 20;
/** As long as a timer goes, in ms: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** A claim of the sentinel's own, and the one of main's that it was taken over from. */
export interface Claim {
  number: number;
  ofMain: number | null;
}

export class StandIn {
  readonly #shared: SharedState;
  readonly #main: Pick<MainLoop, 'turns' | 'reads'>;
  #heard = 0;
  /** What main has heard beyond the sentinel. */
  #ahead: number;
  /** The last claim of main's that a signal heard here waits for. */
  #awaited = 0;

  constructor(shared: SharedState, main: Pick<MainLoop, 'turns' | 'reads'>) {
    this.#shared = shared;
    this.#main = main;
    this.#ahead = shared.signalsSeenByMain;
  }

  /** The number of the signal that was heard last, among all that main hears. */
  get lastHeard(): number {
    return this.#heard + this.#ahead;
  }

  /**
   * Call once for every signal heard. Resolves with a claim under which the sentinel must report now, or with null. A signal
   * that is not ours any more when the grace is over went to a listener of the application's, which main knew of first.
   */
  async heard(graceMs: number, deadlineMs: (claim: number) => number, isOurs: () => boolean): Promise<Claim | null> {
    this.#heard++;
    const number = this.lastHeard;
    const { claims, signalsSeenByMain } = this.#shared;
    // The whole grace in any case: a main that answers at once may hear the signal right after.
    const [turns] = await Promise.all([this.#main.turns(graceMs), setTimeout(graceMs)]);
    if (!isOurs()) {
      this.#heard--;
      return null;
    }
    if (turns && (await this.#mainHasRead(claims, signalsSeenByMain))) {
      void this.#compareCounts();
      return this.#afterMain(deadlineMs);
    }
    if (this.#shared.signalsServed >= number) return null; // A report that began after this signal has answered it.
    const own = this.#shared.claimLead('sentinel');
    const claim = own === 0 ? await this.#afterMain(deadlineMs) : { number: own, ofMain: null };
    // Also when a report of the sentinel's own is under way: it answers this signal as well.
    if (claim !== null || this.#shared.leader === 'sentinel') this.#shared.signalsServed = this.lastHeard;
    return claim;
  }

  /**
   * Main reports under this claim; whoever asked it to, this thread may not have heard it. Resolves with a claim when main
   * did not come through, and with null when it did, or when a signal that was heard here sees to it.
   */
  async begun(claim: number, deadlineMs: number): Promise<Claim | null> {
    await setTimeout(deadlineMs + MAIN_LATE_MS);
    return this.#awaited === claim ? null : this.#takeOver(claim);
  }

  /**
   * Whether a signal came before the sentinel listened that main has not heard either, since it hangs; then `heard` is to be
   * called for it. `isUnread`, asked only where main hangs, may be wrong once: main, when it wakes, has heard or has not.
   */
  async missed(graceMs: number, isUnread: () => boolean): Promise<boolean> {
    if ((await this.#main.reads(graceMs)) || !isUnread()) return false;
    await setTimeout(HERE_TOO_MS);
    if (this.#heard > 0) return false; // It was that one, or one that is answered by the same report.
    void this.#compareWhenMainTurns();
    return true;
  }

  /**
   * A main that answered may have done so in the middle of what its loop had polled before the signal came, and hang since.
   * One that has heard a signal since, or has begun a report, is past that.
   */
  async #mainHasRead(claims: number, seen: number): Promise<boolean> {
    const { claims: claimsNow, leader, signalsSeenByMain } = this.#shared;
    if (leader !== 'none' || claimsNow !== claims || signalsSeenByMain !== seen) return true;
    return this.#main.reads(READ_MS);
  }

  async #compareWhenMainTurns(): Promise<void> {
    if (await this.#main.reads(LONGEST_MS)) await this.#compareCounts();
  }

  async #compareCounts(): Promise<void> {
    const [heard, seen] = [this.#heard, this.#shared.signalsSeenByMain];
    await setTimeout(QUIET_MS, undefined, { ref: false });
    if (this.#heard !== heard || this.#shared.signalsSeenByMain !== seen) return;
    this.#ahead = seen - heard;
    // What was answered and never came to main would be taken out of those that are still to come.
    if (this.#shared.signalsServed > seen) this.#shared.signalsServed = seen;
  }

  /** Main has the lead: leave it, unless it hangs with it. */
  async #afterMain(deadlineMs: (claim: number) => number): Promise<Claim | null> {
    if (this.#shared.leader !== 'main') return null;
    const { claims } = this.#shared;
    this.#awaited = claims;
    await setTimeout(deadlineMs(claims) + MAIN_LATE_MS);
    return this.#takeOver(claims);
  }

  #takeOver(claim: number): Claim | null {
    if (this.#shared.leader !== 'main' || this.#shared.claims !== claim) return null;
    const number = this.#shared.takeOverLead(claim);
    return number === 0 ? null : { number, ofMain: claim };
  }
}
