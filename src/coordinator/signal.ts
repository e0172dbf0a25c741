/**
 * The signal on main. It is ours only as long as nobody else wants it: a listener takes a signal's default action away,
 * so an application that listens once, cleans up and raises the signal again would never die while we listen too.
 */
import { readFileSync } from 'node:fs';
import { sayOnce } from './notice.js';
import { lackingSignals, requestFile } from './requestFile.js';
import { isStopSignal } from './stopSignals.js';

const { nextTick } = process;

export class SignalTrigger {
  readonly #onSignal: (signal: string) => void;
  readonly #onChanged: () => void;
  readonly #listening = new Map<string, () => void>();
  #watching = false;

  constructor(onSignal: (signal: string) => void, onChanged: () => void) {
    this.#onSignal = onSignal;
    this.#onChanged = onChanged;
  }

  get listening(): string[] {
    return [...this.#listening.keys()];
  }

  /** Listens to exactly these from now on; those that cannot be had are a line on stderr. Returns those it listens to. */
  listen(signals: readonly string[]): string[] {
    for (const signal of this.#listening.keys()) if (!signals.includes(signal)) this.#stop(signal);
    for (const signal of signals) if (!this.#listening.has(signal)) this.#start(signal);
    if (this.#listening.size > 0) this.#watchForOthers();
    return this.listening;
  }

  /** Stop signals that the application listens to as well: what they do is up to it. */
  get handledByOthers(): string[] {
    return this.listening.filter((signal) => isStopSignal(signal) && process.listenerCount(signal) > 1);
  }

  /** Stops listening to `signal` unless somebody else listens too; true when it now does what it does by default. */
  giveUp(signal: string): boolean {
    if (process.listenerCount(signal) > 1) return false;
    this.#stop(signal);
    return true;
  }

  #start(signal: string): void {
    if (lackingSignals([signal]).length > 0) return sayLacking(signal);
    const isNodes = writesNodeReport(signal);
    const other = otherUser(signal, isNodes);
    if (other !== null)
      return sayOnce('GMR_SIGNAL', `${signal} is used by ${other}; choose another signal (GMR_SIGNAL) or use the API`);
    const listener = (): void => this.#onSignal(signal);
    try {
      // First of all: another listener of a stop signal may end the process at once.
      process.prependListener(signal, listener);
      this.#listening.set(signal, listener);
    } catch {
      sayOnce('GMR_SIGNAL', `${signal} cannot be listened to on this platform`);
    }
    if (isNodes) {
      sayOnce('GMR_SIGNAL', `${signal} also writes Node's diagnostic report (--report-on-signal)`);
    }
  }

  #stop(signal: string): void {
    const listener = this.#listening.get(signal);
    if (listener === undefined) return;
    this.#listening.delete(signal);
    process.off(signal, listener);
  }

  #watchForOthers(): void {
    if (this.#watching) return;
    this.#watching = true;
    process.on('newListener', (event: string | symbol, listener: unknown) => {
      if (typeof event !== 'string' || !this.#listening.has(event) || this.#listening.get(event) === listener) return;
      // In the next tick, when theirs is there: Node closes the signal's handle when the last listener goes.
      nextTick(() => (isStopSignal(event) ? this.#onChanged() : this.#release(event)));
    });
  }

  #release(signal: string): void {
    if (!this.#listening.has(signal)) return;
    this.#stop(signal);
    this.#onChanged();
    sayOnce(
      'GMR_SIGNAL',
      `the application listens to ${signal} itself, so it is left alone; choose another signal (GMR_SIGNAL)`,
    );
  }
}

/** Not for the default, which nobody chose: a line at every start of every process on such a platform helps nobody. */
function sayLacking(signal: string): void {
  if (signal === 'SIGUSR2') return;
  const instead = requestFile([signal]);
  sayOnce(
    'GMR_SIGNAL',
    `${signal} does not exist on ${process.platform}; touching ${instead} asks for a report instead`,
  );
}

/** Who has the signal already, in words; null when nobody has. */
function otherUser(signal: string, isNodes: boolean): string | null {
  if (process.listenerCount(signal) > (isNodes ? 1 : 0) && !isStopSignal(signal))
    return 'a listener of the application';
  if (signal === 'SIGUSR2' && parentIsNodemon()) return 'nodemon, which restarts the application with it';
  return null;
}

/**
 * Node listens itself then (`--report-on-signal`): no default action is lost any more, and both reports come. To be asked
 * before anybody of this package listens: while nobody does, Node is not asked, which would load what makes its reports.
 */
function writesNodeReport(signal: string): boolean {
  if (process.listenerCount(signal) === 0) return false;
  return process.report?.reportOnSignal === true && process.report.signal === signal;
}

function parentIsNodemon(): boolean {
  try {
    const words = readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => /(^|[\\/])nodemon(\.js)?$/.test(word));
  } catch {
    return false;
  }
}
