/** Reports that somebody else asks main for: a signal, `gmr`, the sentinel for a touched file. One at a time. */
import type { SharedState } from '../agent/sharedState.js';
import { messageOf } from '../errors.js';
import type { Options } from '../options.js';
import type { Trigger } from '../report/types.js';
import type { Boundaries } from '../sections/boundary.js';
import { monotonicMs } from '../tasks/clock.js';
import { setTimeout } from '../tasks/timers.js';
import { announce, isAnnounced } from './announce.js';
import { refuse, writeAnswer, type AnswerPlace } from './asking/answer.js';
import { checkByHeartbeats } from './asking/check.js';
import { waitingRequest, type Asked } from './asking/take.js';
import { ASKED, mayBeAsked, todoFor, type ErrandOfMain } from './errand.js';
import { FINISH_MS, type Lead } from './lead.js';
import type { Link } from './link.js';
import { sayOnce } from './notice.js';
import { reportSettings } from './settings.js';
import { isStopSignal, triggerOf } from './stopSignals.js';

interface Means {
  shared: SharedState;
  lead: Lead;
  options: () => Options;
  /** To the sentinel; null while there is none. */
  link: () => Link | null;
  boundaries: Boundaries;
}

export class Answering {
  readonly #means: Means;
  /** What a report is being made for. */
  #underWay: ErrandOfMain | null = null;

  constructor(means: Means) {
    this.#means = means;
  }

  /** For a sentinel that starts while a report is being made; null when none is. */
  get underWay(): ErrandOfMain | null {
    return this.#underWay;
  }

  /** Makes a report and delivers it; null when another one is being made. The promise never rejects. */
  begin(trigger: Trigger): Promise<void> | null {
    const claim = this.#means.shared.claimLead('main');
    return claim === 0 ? null : this.#makeReport(claim, trigger);
  }

  /** Resolves when what the signal asks for is done, or is done by others. */
  async answer(signal: string): Promise<void> {
    await (this.begin(triggerOf(signal)) ?? this.#busyAt(signal));
  }

  /** A report may be under way, by whomever: it is not cut off by the end of the process. */
  async untilReported(): Promise<void> {
    const until = Date.now() + this.#means.options().deadline + FINISH_MS;
    while (this.#means.shared.leader !== 'none' && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /**
   * Another report is being taken, which answers a signal; but no request that came with it, nor when `gmr` gets it, nor
   * when it only has to be written still: then it tells of a time before the signal.
   */
  async #busyAt(signal: string): Promise<void> {
    const { askPlaces } = reportSettings(this.#means.options());
    const request = isStopSignal(signal) ? null : waitingRequest(askPlaces);
    const isForAsker = this.#underWay !== null && this.#underWay.errand.order.answer !== null;
    if (request === null && !isForAsker && !this.#means.shared.isCollected)
      return sayOnce('GMR_BUSY', `${signal} came while a report was being taken, which answers it too`);
    await this.untilReported();
    if (request === null) await this.begin(triggerOf(signal));
    else if (waitingRequest(askPlaces) === request) await this.begin(ASKED); // The next one brings its own signal.
  }

  async #makeReport(claim: number, trigger: Trigger): Promise<void> {
    const { shared, lead, link, boundaries } = this.#means;
    const options = this.#means.options();
    if (mayBeAsked(trigger)) shared.markSignalsTaken();
    const todo = todoFor(trigger, reportSettings(options), isAnnounced(options.onReport));
    if (todo.kind !== 'report') shared.releaseLead(claim);
    if (todo.kind === 'check') this.#check(todo.asked);
    if (todo.kind !== 'report') return;
    const { errand } = todo;
    const begun = { claim, errand };
    this.#underWay = begun;
    link()?.tell('errand', begun);
    try {
      const report = await lead.underClaim(claim, errand.trigger, errand.settings, errand.order);
      if (report !== null) announce(report, options.onReport, boundaries);
    } catch (error) {
      sayOnce('GMR_OUTPUT', `the report failed: ${messageOf(error)}`);
      if (errand.order.answer !== null) refuse(errand.order.answer, `the report failed: ${messageOf(error)}`);
    } finally {
      if (this.#underWay === begun) this.#underWay = null;
    }
  }

  /** The sentinel can look into workers that may be parked; without it heartbeats say what they can. */
  #check({ answerFile, until }: Asked): void {
    const { shared, link, options } = this.#means;
    const sentinel = link();
    if (sentinel !== null) return sentinel.tell('check', { answerFile, until } satisfies AnswerPlace);
    const answer = checkByHeartbeats(shared.threads(), monotonicMs(), options().heartbeat);
    writeAnswer({ answerFile, until }, answer);
  }
}
