/** The installation on main: what the preload starts, and what the API talks to. There is one in a process. */
import { setTimeout } from 'node:timers';
import { MessageChannel, setEnvironmentData, type MessagePort } from 'node:worker_threads';
import type { Agent, AgentSetup } from '../agent/agent.js';
import type { CodeForWorkers } from '../agent/codeCache.js';
import { SharedState, SENTINEL_NEVER } from '../agent/sharedState.js';
import { Answering } from './answering.js';
import { GuruError, messageOf } from '../errors.js';
import type { Options, SetupOptions } from '../options.js';
import { ENVIRONMENT_KEY, isHello, type SharedSetup } from '../protocol.js';
import { resolveOptions } from '../resolveOptions.js';
import type { InstrumentedPools } from '../pools/instrument.js';
import type { SectionRegistry } from '../sections/registered.js';
import type { LabelScope } from '../tasks/labels.js';
import type { KeptAlive, Report, Trigger } from '../report/types.js';
import { announce, isAnnounced, publish } from './announce.js';
import type { Collected, MainFacts, ReportRequest } from './collected.js';
import { detachAtExit } from './exit.js';
import { LastReport } from './lastReport.js';
import { FINISH_MS, Lead, type FinishOrder } from './lead.js';
import type { Link } from './link.js';
import { reachBy } from './linkReach.js';
import { ownIdentity, readMainFacts } from './mainFacts.js';
import { loadHeavyEnd } from './heavyEnd.js';
import { sayOnce } from './notice.js';
import { PortLane } from './portLane.js';
import {
  SentinelThread,
  sentinelSetup,
  type ChangedSettings,
  type LeadQuestion,
  type SignalsHeard,
} from './sentinelThread.js';
import { agentSettings, reportSettings } from './settings.js';
import { SignalTrigger } from './signal.js';
import { startToken } from './startToken.js';
import { isStopSignal } from './stopSignals.js';
import { WatchedFiles } from './watchedFiles.js';

/** A lazy sentinel comes when the process has lived this long: build tools are done by then. */
const LAZY_MS = 1000;
/** What the sentinel may take to know which signals are ours, in ms. */
const SIGNALS_MS = 180;

/** What runs in every thread, as far as main has loaded it. */
export interface ThreadPart {
  Agent: typeof Agent;
  loadAnswers: AgentSetup['loadAnswers'];
  code: CodeForWorkers;
}

export class Host {
  readonly #token = startToken();
  readonly #shared = new SharedState();
  readonly #code: CodeForWorkers;
  readonly #agent: Agent;
  readonly #ports = new PortLane((gone) => this.#shared.freeSlotOf(gone));
  readonly #signals: SignalTrigger;
  readonly #sentinel: SentinelThread;
  readonly #lead: Lead;
  readonly #last: LastReport;
  readonly #answering: Answering;
  readonly #files = new WatchedFiles();
  #given: SetupOptions = {};
  #options: Options;
  #heard: string[] = [];

  /** Installs on this thread; the agent's handle on `globalThis` leads back to it. Returns null: nothing stood in the way. */
  static install(version: string, sentinel: string, part: ThreadPart): null {
    const host = new Host(version, sentinel, part);
    host.#agent.asOwn(() => host.#start());
    return null;
  }

  private constructor(version: string, sentinel: string, { Agent: MainAgent, loadAnswers, code }: ThreadPart) {
    this.#code = code;
    this.#options = this.#resolve({});
    this.#agent = new MainAgent({
      shared: this.#shared,
      settings: agentSettings(this.#options),
      loadAnswers,
      onWorker: (threadId) => {
        if (!this.#sentinel.is(threadId)) this.#code.put();
      },
    });
    this.#agent.publish(version, this);
    this.#signals = new SignalTrigger(
      (signal) => void this.#onSignal(signal),
      () => this.#tellSignals(),
    );
    this.#lead = new Lead(
      'main',
      this.#shared,
      this.#token.slice(0, 4),
      () => this.#lanes(),
      (collected, order) => this.#finish(collected, order),
    );
    this.#sentinel = new SentinelThread(
      sentinel,
      this.#shared,
      () => this.#sentinelSetup(),
      (link) => this.#serve(link),
    );
    this.#last = new LastReport(
      this.#shared,
      () => this.#sentinel.link,
      () => this.#options.deadline + FINISH_MS,
      this.#agent.boundaries.isSectionFault,
    );
    this.#answering = new Answering({
      shared: this.#shared,
      lead: this.#lead,
      options: () => this.#options,
      link: () => this.#sentinel.link,
      boundaries: this.#agent.boundaries,
    });
  }

  #start(): void {
    this.#prepareThreads();
    this.#files.of(reportSettings(this.#options));
    detachAtExit(this.#shared, this.#last, () => this.#sentinel.link);
    this.#heard = this.#signals.listen(this.#options.signal);
    if (this.#options.onCrash) this.#last.watchCrashes();
    this.#startSentinel();
  }

  /** What the application registered on main. */
  get sections(): SectionRegistry {
    return this.#agent.sections;
  }

  /** What the application instrumented on main. */
  get pools(): InstrumentedPools {
    return this.#agent.pools;
  }

  /** For the tasks of main. */
  get labels(): LabelScope | null {
    return this.#agent.labels;
  }

  /** So that a report with main hung can name the sections that were not run. */
  tellSections(): void {
    this.#sentinel.link?.tell('section titles', this.sections.titles('main'));
  }

  whyAlive(lookMs: number): Promise<KeptAlive[]> {
    return this.#agent.whyAlive(lookMs);
  }

  /** From now on every report looks for threads that no agent saw start. */
  assumeOtherThreads(): void {
    this.#shared.markInstalledLate();
  }

  /** @throws {GuruError} `GMR_OPTION` for an option that is not what it must be. */
  setup(given: SetupOptions): void {
    const merged = { ...this.#given, ...given };
    this.#options = this.#resolve(merged);
    this.#given = merged;
    this.#prepareThreads();
    const settings = reportSettings(this.#options);
    const files = this.#files.of(settings);
    const forAgents = agentSettings(this.#options);
    this.#agent.apply(forAgents);
    this.#ports.tellAll({ kind: 'settings', settings: forAgents });
    this.#heard = this.#signals.listen(this.#options.signal);
    if (this.#options.onCrash) this.#last.watchCrashes();
    this.#startSentinel();
    this.#sentinel.link?.tell('settings', { settings, files } satisfies ChangedSettings);
    this.#tellSignals();
    void this.#tellFacts();
  }

  /** @throws {GuruError} `GMR_BUSY` when another report takes longer than two deadlines. */
  async report(trigger: Trigger, deliver: boolean): Promise<Report> {
    const until = Date.now() + this.#options.deadline * 2;
    for (;;) {
      const { claimed, report } = await this.#lead.run(trigger, reportSettings(this.#options), {
        deliver,
        wantReport: true,
        answer: null,
      });
      if (claimed && report !== null) {
        publish(report, this.#agent.boundaries);
        return report;
      }
      if (Date.now() > until) throw new GuruError('GMR_BUSY', 'report: another report is being taken and does not end');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  #resolve(given: SetupOptions): Options {
    const { options, warnings } = resolveOptions(given, process.env);
    for (const warning of warnings) sayOnce('GMR_OPTION', warning);
    return options;
  }

  async #onSignal(signal: string): Promise<void> {
    const isServed = this.#shared.countSignalOnMain() <= this.#shared.signalsServed;
    if (isStopSignal(signal)) this.#sentinel.link?.tell('stop', signal);
    if (isStopSignal(signal) && !isServed) this.#last.stopAsked(signal);
    if (!isServed) await this.#answering.answer(signal);
    if (!isStopSignal(signal)) return;
    await this.#answering.untilReported();
    this.#last.stopReported();
    await this.#stopBy(signal);
  }

  /** After the report the signal does what it would have done without us. */
  async #stopBy(signal: string): Promise<void> {
    if (!this.#signals.giveUp(signal)) return;
    this.#heard = this.#signals.listening;
    await this.#sentinel.link?.ask('signals', this.#signalsHeard(), SIGNALS_MS).catch(() => {});
    process.kill(process.pid, signal);
  }

  #lanes(): ReturnType<ConstructorParameters<typeof Lead>[3]> {
    const { link } = this.#sentinel;
    return {
      collectedBy: 'main',
      identity: ownIdentity,
      shared: this.#shared,
      heartbeatMs: this.#options.heartbeat,
      ports: this.#ports,
      reach: link === null ? null : reachBy(link),
      own: this.#agent.answers,
      mainFacts: (request) => this.#facts(request),
    };
  }

  /** In the sentinel, so that main pauses for its own snapshot only; here when there is none, or it failed. */
  async #finish(collected: Collected, order: FinishOrder): Promise<Report | null> {
    try {
      if (this.#sentinel.link !== null)
        return await this.#sentinel.link.ask<Report | null>('finish', { collected, order }, FINISH_MS);
    } catch (error) {
      sayOnce('GMR_LANE', `the sentinel could not finish the report, main does: ${messageOf(error)}`);
    }
    return loadHeavyEnd().finishReport(collected, reportSettings(this.#options), order);
  }

  #prepareThreads(): void {
    const setup: SharedSetup = {
      buffer: this.#shared.buffer,
      settings: agentSettings(this.#options),
      token: this.#token,
      code: this.#code.shared,
    };
    setEnvironmentData(ENVIRONMENT_KEY, setup as never);
  }

  #startSentinel(): void {
    const { sentinel } = this.#options;
    const start = (): void => this.#agent.asOwn(() => this.#sentinel.start());
    if (sentinel === 'eager') start();
    else if (sentinel === 'lazy') setTimeout(start, LAZY_MS).unref();
    else this.#withoutSentinel();
  }

  /** Nobody but main can take ports then; the application may see the event that brings them (DESIGN, traps). */
  #withoutSentinel(): void {
    if (this.#shared.sentinelThreadId === SENTINEL_NEVER) return;
    this.#shared.sentinelThreadId = SENTINEL_NEVER;
    process.on('workerMessage', (message: unknown) => {
      if (isHello(message, this.#token)) this.#ports.add(message.threadId, message.toMain);
    });
  }

  #sentinelSetup(): ReturnType<typeof sentinelSetup> {
    return sentinelSetup({
      buffer: this.#shared.buffer,
      token: this.#token.slice(0, 4),
      hello: this.#token,
      settings: reportSettings(this.#options),
      files: this.#files.forSentinel(),
      signals: this.#signalsHeard(),
      underWay: this.#answering.underWay,
      mainScript: process.argv[1] ?? null,
    });
  }

  #serve(link: Link): void {
    link.on<{ threadId: number; port: MessagePort }>('agent', ({ threadId, port }) => this.#ports.add(threadId, port));
    link.on<ReportRequest>('facts', (request) => this.#facts(request));
    link.on<LeadQuestion>(
      'lead',
      ({ trigger, claims }) => this.#shared.claims !== claims || this.#answering.begin(trigger) !== null,
    );
    link.on('up', () => {
      this.tellSections();
      return this.#tellFacts();
    });
    link.on('turns', () => null);
    link.on<string>('reported', (id) => this.#announceLate(id));
    const toMain = new MessageChannel();
    this.#agent.serve(toMain.port1);
    link.tell('main agent', toMain.port2, [toMain.port2]);
  }

  /** A report that the sentinel made: while main hung it waits there, and comes when main turns its loop again. */
  async #announceLate(id: string): Promise<void> {
    const { onReport } = this.#options;
    if (!isAnnounced(onReport)) return;
    const found = await this.#sentinel.link?.ask<Report | null>('report', id, FINISH_MS).catch(() => null);
    if (found != null) announce(found, onReport, this.#agent.boundaries);
  }

  #tellSignals(): void {
    this.#heard = this.#signals.listening;
    this.#sentinel.link?.tell('signals', this.#signalsHeard());
  }

  #signalsHeard(): SignalsHeard {
    return { listenTo: this.#heard, handledByOthers: this.#signals.handledByOthers };
  }

  /** So that a report with main hung can show the configuration as it was last read. */
  async #tellFacts(): Promise<void> {
    this.#sentinel.link?.tell('main facts', await this.#facts(null));
  }

  #facts(request: ReportRequest | null): Promise<MainFacts> {
    return readMainFacts(this.#options, (boundMs) => this.#agent.answers.runSections(boundMs), request);
  }
}
