/** The installation on main: what the preload starts, and what the API talks to. There is one in a process. */
import { MessageChannel, setEnvironmentData, type MessagePort } from 'node:worker_threads';
import type { Agent } from '../agent/agent.js';
import { CodeForWorkers } from '../agent/codeCache.js';
import { LaterPart } from '../agent/laterPart.js';
import { SharedState, SENTINEL_NEVER } from '../agent/sharedState.js';
import type { LoadedPart } from '../agent/threadPart.js';
import type { Options, SetupOptions } from '../options.js';
import { ENVIRONMENT_KEY, isHello, type SharedSetup } from '../protocol.js';
import { resolveOptions } from '../resolveOptions.js';
import type { InstrumentedPools } from '../pools/instrument.js';
import type { SectionRegistry } from '../sections/registered.js';
import type { LabelScope } from '../tasks/labels.js';
import { setTimeout } from '../tasks/timers.js';
import type { KeptAlive, Report, Trigger } from '../report/types.js';
import type { ReportRequest } from './collected.js';
import { detachAtExit } from './exit.js';
import { LastReport } from './lastReport.js';
import { FINISH_MS } from './lead.js';
import type { Link } from './link.js';
import { LoopTurns } from './loopTurns.js';
import type { MainReports } from './mainReports.js';
import { sayOnce } from './notice.js';
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
/** What the sentinel may take to know which signals are ours, in ms, before a signal is raised again. */
const SIGNALS_MS = 180;
/** The same where the application goes on, which may raise one at once; a sentinel with nothing to do takes 0.2 ms. */
const KNOWN_MS = 100;

type AgentPart = typeof import('../agent/install.js');
type AnswersPart = typeof import('../agent/answers.js');
type ReportsPart = typeof import('./mainReports.js');

/** The parts of the package that main has loaded. */
export interface Parts {
  agent: LoadedPart;
  coordinator: LoadedPart;
}

export class Host {
  readonly #token = startToken();
  readonly #shared = new SharedState();
  readonly #code: CodeForWorkers;
  readonly #agent: Agent;
  readonly #reportsPart: LaterPart<ReportsPart>;
  readonly #signals: SignalTrigger;
  readonly #sentinel: SentinelThread;
  readonly #last: LastReport;
  readonly #files = new WatchedFiles();
  readonly #turns = new LoopTurns();
  #given: SetupOptions = {};
  #options: Options;
  #heard: string[] = [];
  #made: MainReports | null = null;

  /** Installs on this thread; the agent's handle on `globalThis` leads back to it. */
  static install(version: string, sentinel: string, parts: Parts): void {
    const host = new Host(version, sentinel, parts);
    host.#agent.asOwn(() => host.#start());
  }

  private constructor(version: string, sentinel: string, { agent, coordinator }: Parts) {
    const answers = new LaterPart<AnswersPart>(agent, 'answers');
    this.#code = new CodeForWorkers(agent, () => answers.text);
    this.#reportsPart = new LaterPart(coordinator, 'leading');
    this.#options = this.#resolve({});
    const { Agent: MainAgent } = agent.exports as AgentPart;
    this.#agent = new MainAgent({
      shared: this.#shared,
      settings: agentSettings(this.#options),
      answers,
      onFirstBeat: () => {
        this.#code.put();
        this.#reportsPart.keep();
      },
      onWorker: (threadId) => {
        if (!this.#sentinel.is(threadId)) this.#code.put();
      },
    });
    this.#agent.publish(version, this);
    this.#signals = new SignalTrigger(
      (signal) => void this.#onSignal(signal),
      () => this.#tellSignals(),
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
  }

  get #reports(): MainReports {
    this.#made ??= this.#agent.asOwn(() => {
      const { MainReports } = this.#reportsPart.load();
      return new MainReports({
        shared: this.#shared,
        token: this.#token.slice(0, 4),
        agent: this.#agent,
        options: () => this.#options,
        link: () => this.#sentinel.link,
      });
    });
    return this.#made;
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
    this.#agent.apply(agentSettings(this.#options));
    this.#reports.tellSettings();
    this.#heard = this.#signals.listen(this.#options.signal);
    if (this.#options.onCrash) this.#last.watchCrashes();
    this.#startSentinel();
    this.#sentinel.link?.tell('settings', { settings, files } satisfies ChangedSettings);
    this.#tellSignals();
    void this.#tellFacts();
  }

  /** @throws {GuruError} `GMR_BUSY` when another report takes longer than two deadlines. */
  async report(trigger: Trigger, deliver: boolean): Promise<Report> {
    return this.#reports.report(trigger, deliver);
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
    if (!isServed) await this.#reports.answering.answer(signal);
    if (!isStopSignal(signal)) return;
    await this.#reports.answering.untilReported();
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
      if (isHello(message, this.#token)) this.#reports.addThread(message.threadId, message.toMain);
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
      underWay: this.#made?.answering.underWay ?? null,
      mainScript: process.argv[1] ?? null,
    });
  }

  #serve(link: Link): void {
    link.on<{ threadId: number; port: MessagePort }>('agent', ({ threadId, port }) =>
      this.#reports.addThread(threadId, port),
    );
    link.on<ReportRequest>('facts', (request) => this.#reports.facts(request));
    link.on<LeadQuestion>(
      'lead',
      ({ trigger, claims }) => this.#shared.claims !== claims || this.#reports.answering.begin(trigger) !== null,
    );
    link.on('up', () => {
      this.tellSections();
      return this.#tellFacts();
    });
    link.on('turns', () => this.#turns.count());
    link.on<string>('reported', (id) => this.#reports.announceLate(id));
    const toMain = new MessageChannel();
    this.#agent.serve(toMain.port1);
    link.tell('main agent', toMain.port2, [toMain.port2]);
  }

  #tellSignals(): void {
    this.#heard = this.#signals.listening;
    this.#shared.countSignalChange();
    this.#sentinel.link?.tell('signals', this.#signalsHeard());
    if (this.#sentinel.link !== null) this.#shared.waitForSignalsKnown(KNOWN_MS);
  }

  #signalsHeard(): SignalsHeard {
    return {
      listenTo: this.#heard,
      handledByOthers: this.#signals.handledByOthers,
      changes: this.#shared.signalChanges,
    };
  }

  /** So that a report with main hung can show the configuration as it was last read. */
  async #tellFacts(): Promise<void> {
    this.#sentinel.link?.tell('main facts', await this.#reports.facts(null));
  }
}
