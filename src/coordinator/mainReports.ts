/**
 * The reports that main makes, and what it tells for those of the sentinel. A file of its own in the package
 * (`agent/threadPart.ts`), loaded when main is first asked for something: most of what main runs is not needed before.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Agent } from '../agent/agent.js';
import type { SharedState } from '../agent/sharedState.js';
import { GuruError, messageOf } from '../errors.js';
import type { Options } from '../options.js';
import type { AgentSettings } from '../protocol.js';
import type { Report, Trigger } from '../report/types.js';
import { setTimeout } from '../tasks/timers.js';
import { announce, isAnnounced, publish } from './announce.js';
import { Answering } from './answering.js';
import type { Lanes } from './collect.js';
import type { Collected, MainFacts, ReportRequest } from './collected.js';
import { loadHeavyEnd } from './heavyEnd.js';
import { FINISH_MS, Lead, type FinishOrder } from './lead.js';
import type { Link } from './link.js';
import { reachBy } from './linkReach.js';
import { ownIdentity, readMainFacts } from './mainFacts.js';
import { sayOnce } from './notice.js';
import { PortLane } from './portLane.js';
import { agentSettings, reportSettings } from './settings.js';

/** What there is on main to make reports with. */
export interface MainMeans {
  shared: SharedState;
  /** The process's start, in report ids. */
  token: string;
  agent: Agent;
  options: () => Options;
  /** To the sentinel; null while there is none. */
  link: () => Link | null;
}

export class MainReports {
  /** Those that a signal, a touched file or `gmr` asks for. */
  readonly answering: Answering;
  readonly #means: MainMeans;
  readonly #ports: PortLane;
  readonly #lead: Lead;
  /** What agents were told since they started; null where nothing has changed. */
  #changed: AgentSettings | null = null;

  constructor(means: MainMeans) {
    const { shared, token, agent, options, link } = means;
    this.#means = means;
    this.#ports = new PortLane((gone) => shared.freeSlotOf(gone));
    this.#lead = new Lead(
      'main',
      shared,
      token,
      () => this.#lanes(),
      (collected, order) => this.#finish(collected, order),
    );
    this.answering = new Answering({ shared, lead: this.#lead, options, link, boundaries: agent.boundaries });
  }

  /** A thread has introduced itself. It may have started before the settings were changed. */
  addThread(threadId: number, port: MessagePort): void {
    this.#ports.add(threadId, port);
    if (this.#changed !== null) port.postMessage({ kind: 'settings', settings: this.#changed });
  }

  /** Tells all threads what `setup` has changed. */
  tellSettings(): void {
    this.#changed = agentSettings(this.#means.options());
    this.#ports.tellAll({ kind: 'settings', settings: this.#changed });
  }

  /** @throws {GuruError} `GMR_BUSY` when another report takes longer than two deadlines. */
  async report(trigger: Trigger, deliver: boolean): Promise<Report> {
    const options = this.#means.options();
    const until = Date.now() + options.deadline * 2;
    for (;;) {
      const { claimed, report } = await this.#lead.run(trigger, reportSettings(this.#means.options()), {
        deliver,
        wantReport: true,
        answer: null,
      });
      if (claimed && report !== null) {
        publish(report, this.#means.agent.boundaries);
        return report;
      }
      if (Date.now() > until) throw new GuruError('GMR_BUSY', 'report: another report is being taken and does not end');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** A report that the sentinel made: while main hung it waits there, and comes when main turns its loop again. */
  async announceLate(id: string): Promise<void> {
    const { onReport } = this.#means.options();
    if (!isAnnounced(onReport)) return;
    const found = await this.#means
      .link()
      ?.ask<Report | null>('report', id, FINISH_MS)
      .catch(() => null);
    if (found != null) announce(found, onReport, this.#means.agent.boundaries);
  }

  /** What only main can tell. @param request - null where no report is taken */
  facts(request: ReportRequest | null): Promise<MainFacts> {
    const { options, agent } = this.#means;
    return readMainFacts(options(), (boundMs) => agent.answers.runSections(boundMs), request);
  }

  #lanes(): Lanes {
    const { shared, options, agent } = this.#means;
    const link = this.#means.link();
    return {
      collectedBy: 'main',
      identity: ownIdentity,
      shared,
      heartbeatMs: options().heartbeat,
      ports: this.#ports,
      reach: link === null ? null : reachBy(link),
      own: agent.answers,
      mainFacts: (request) => this.facts(request),
    };
  }

  /** In the sentinel, so that main pauses for its own snapshot only; here when there is none, or it failed. */
  async #finish(collected: Collected, order: FinishOrder): Promise<Report | null> {
    const link = this.#means.link();
    try {
      if (link !== null) return await link.ask<Report | null>('finish', { collected, order }, FINISH_MS);
    } catch (error) {
      sayOnce('GMR_LANE', `the sentinel could not finish the report, main does: ${messageOf(error)}`);
    }
    return loadHeavyEnd().finishReport(collected, reportSettings(this.#means.options()), order);
  }
}
