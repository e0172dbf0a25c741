/** What only main can tell of the process: asked of it while its loop turns, else what it told last. */
import type { SharedState } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import type { MainFacts, ReportRequest } from '../coordinator/collected.js';
import type { Link } from '../coordinator/link.js';
import { readRss } from '../coordinator/mainFacts.js';
import type { Crash, SentinelSetup } from '../coordinator/sentinelThread.js';
import type { NotRead, SectionReport } from '../report/types.js';

export class FactsOfMain {
  readonly #shared: SharedState;
  readonly #link: Link;
  readonly #setup: Pick<SentinelSetup, 'execArgv' | 'mainScript'>;
  #last: MainFacts | null = null;
  #sectionTitles: string[] = [];
  #crash: Crash | null = null;
  #isLeaving = false;

  constructor(shared: SharedState, link: Link, setup: Pick<SentinelSetup, 'execArgv' | 'mainScript'>) {
    this.#shared = shared;
    this.#link = link;
    this.#setup = setup;
  }

  /** Main told these. */
  keep(facts: MainFacts): void {
    this.#last = facts;
  }

  /** The sections that main would run. */
  keepTitles(titles: string[]): void {
    this.#sectionTitles = titles;
  }

  /** Main is blocked in its crash handler from now on; null when it is not any more. */
  setCrash(crash: Crash | null): void {
    this.#crash = crash;
  }

  /** Main is blocked in its exit from now on. */
  setLeaving(): void {
    this.#isLeaving = true;
  }

  /** From main itself when its loop turns, which its heartbeat tells without asking. Never rejects. */
  async ask(request: ReportRequest, settings: SentinelSetup['settings']): Promise<MainFacts> {
    const told = (): MainFacts => this.#withoutMain(settings.hasOnReport);
    if (this.#crash !== null) return { ...told(), sections: [crashSection(this.#crash)] };
    if (this.#isLeaving || !this.#turns(settings.heartbeat)) return told();
    try {
      return await this.#link.ask<MainFacts>('facts', request, request.deadlineMs);
    } catch {
      return told();
    }
  }

  #turns(beatMs: number | null): boolean {
    const main = this.#shared.threads().find((slot) => slot.threadId === 0);
    return main !== undefined && beatMs !== null && monotonicMs() - main.turnedAtMs <= beatMs * 2;
  }

  /** What main told last; its own code cannot run now. */
  #withoutMain(hasOnReport: boolean): MainFacts {
    const why = this.#isLeaving
      ? 'main is on its way out, and the code of the application runs nowhere else'
      : 'main does not turn its loop, and the code of the application runs nowhere else';
    const titles = this.#sectionTitles;
    const notRun: NotRead[] = titles.map((title) => ({ threadId: 0, what: `section ${title}`, why }));
    if (hasOnReport)
      notRun.push({ threadId: 0, what: 'onReport', why: `${why}; it is called when main turns its loop again` });
    const sections = titles.map((title) => ({ title, data: null, error: `not run: ${why}` }));
    const known = this.#last ?? this.#fromStart();
    return { ...known, memory: { rss: readRss(), heapUsed: null, external: null }, sections, notRun };
  }

  /** Before main told anything: what this thread was started with. */
  #fromStart(): Pick<MainFacts, 'title' | 'argv' | 'execArgv' | 'mainScript' | 'configuration'> {
    const { execArgv, mainScript } = this.#setup;
    return { title: process.title, argv: process.argv, execArgv, mainScript, configuration: {} };
  }
}

/** The exception that ends the process, most recent call first, as its stack says. */
function crashSection({ message, stack }: Crash): SectionReport {
  return { title: 'Crash', data: stack === '' ? message : stack, error: null };
}
