/** Starts the sentinel, hides it as well as can be, and starts it once more if it dies. */
import { MessageChannel, Worker } from 'node:worker_threads';
import { SENTINEL_NEVER, type SharedState } from '../agent/sharedState.js';
import { SENTINEL_NAME } from '../protocol.js';
import type { Trigger } from '../report/types.js';
import type { ReportSettings } from './settings.js';
import { allowsInspector } from './guard.js';
import type { ErrandOfMain } from './errand.js';
import { Link } from './link.js';
import type { WatchedFile } from './watchedFiles.js';

export interface SignalsHeard {
  listenTo: string[];
  /** Stop signals that end nothing by themselves, since the application listens to them. */
  handledByOthers: string[];
  /** How often main had changed this by then (`SharedState.signalChanges`). */
  changes: number;
}

/** The exception that main dies of, as text. */
export interface Crash {
  message: string;
  stack: string;
}

/** The sentinel asks main to lead a report; `claims` as they were, so that a main that hears it late leaves it alone. */
export interface LeadQuestion {
  trigger: Trigger;
  claims: number;
}

/** Main exits while the report that a stop signal asked for is under way, under this claim. */
export interface Leaving {
  signal: string;
  claim: number;
}

/** Sent when `setup` has changed something. */
export interface ChangedSettings {
  settings: ReportSettings;
  files: WatchedFile[];
}

/** What the sentinel is started with. */
export interface SentinelSetup {
  buffer: SharedArrayBuffer;
  /** The process's start, in report ids. */
  token: string;
  /** What a thread of this installation introduces itself with. */
  hello: string;
  settings: ReportSettings;
  files: WatchedFile[];
  signals: SignalsHeard;
  /** What main has begun to report for; null when it makes no report. */
  underWay: ErrandOfMain | null;
  mainScript: string | null;
  execArgv: string[];
  inspector: boolean;
}

/** Its heap: a report of 100,000 tasks fits; the limit is no allocation. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

export class SentinelThread {
  readonly #file: string;
  readonly #shared: SharedState;
  readonly #setup: () => SentinelSetup;
  readonly #onStart: (link: Link) => void;
  #worker: Worker | null = null;
  #link: Link | null = null;
  #starts = 0;

  constructor(file: string, shared: SharedState, setup: () => SentinelSetup, onStart: (link: Link) => void) {
    this.#file = file;
    this.#shared = shared;
    this.#setup = setup;
    this.#onStart = onStart;
  }

  /** The link to the living sentinel; null while there is none. */
  get link(): Link | null {
    return this.#link;
  }

  /** Whether this is the thread of the sentinel. */
  is(threadId: number): boolean {
    return this.#worker?.threadId === threadId;
  }

  start(): void {
    if (this.#worker !== null) return;
    this.#starts++;
    const channel = new MessageChannel();
    try {
      this.#worker = this.#create(channel.port2);
    } catch {
      channel.port1.close();
      this.#shared.sentinelThreadId = SENTINEL_NEVER;
      return;
    }
    this.#worker.on('error', () => {}); // It ends with 'exit' as well, and its fault must not be the application's.
    this.#worker.on('exit', () => this.#ended());
    this.#worker.unref();
    this.#link = new Link(channel.port1);
    this.#onStart(this.#link);
  }

  /**
   * `--expose-internals` stays in this one thread: it gives it a signal handle of its own, so that it hears the signal
   * while main hangs (`lab/usr2-main-blocked.cjs`). An empty environment keeps the preload of NODE_OPTIONS out of it.
   */
  #create(port: MessageChannel['port2']): Worker {
    const options = {
      name: SENTINEL_NAME,
      workerData: { port, ...this.#setup() },
      transferList: [port],
      env: {},
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
      resourceLimits: RESOURCE_LIMITS,
    };
    try {
      return new Worker(this.#file, { ...options, execArgv: ['--expose-internals', '--no-warnings'] });
    } catch {
      return new Worker(this.#file, { ...options, execArgv: ['--no-warnings'] });
    }
  }

  #ended(): void {
    this.#shared.setAttached(false); // Its sessions went with it, and an exit would wait for them.
    this.#link?.close();
    this.#link = null;
    this.#worker = null;
    if (this.#starts < 2) this.start();
    else this.#shared.sentinelThreadId = SENTINEL_NEVER;
  }
}

export function sentinelSetup(parts: Omit<SentinelSetup, 'execArgv' | 'inspector'>): SentinelSetup {
  return { ...parts, execArgv: process.execArgv, inspector: allowsInspector() };
}
