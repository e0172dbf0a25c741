/**
 * Watches the tasks of one thread, by the hooks of its mode; `taskReader.ts` lists what is found here. Importing this has no
 * effect, and nothing here throws into the application.
 */
import type { TasksMode } from '../report/types.js';
import { Ages } from './ages.js';
import { HandleWatch } from './handles.js';
import { OwnWork } from './ownWork.js';
import { PromiseWatch } from './promises.js';
import { RequestWatch } from './requests.js';
import { HooksWithoutPromises } from './withoutPromises.js';

/** Node 24.0 to 24.13 and 25.0 to 25.5 have neither of the two means (`withoutPromises.ts`). */
const NO_HANDLES =
  'this Node cannot keep promises out of async hooks, so handles are watched with tasks full only (their types are counted all the same)';

const FAILURES_MAX = 10;

export class Tracker {
  readonly own = new OwnWork();
  readonly hooks = new HooksWithoutPromises();
  readonly #onFull: (isFull: boolean) => void;
  #mode: TasksMode = 'off';
  #ages = new Ages();
  #promises: PromiseWatch | null = null;
  #handles: HandleWatch | null = null;
  #requests: RequestWatch | null = null;
  #failures: string[] = [];

  /** @param onFull - told when the mode becomes `full`, and when it is no more; what it throws is a failure */
  constructor(onFull: (isFull: boolean) => void) {
    this.#onFull = onFull;
  }

  get mode(): TasksMode {
    return this.#mode;
  }

  /** Of promises. */
  get ages(): Ages {
    return this.#ages;
  }

  /** These three are null while they are not watched. */
  get promises(): PromiseWatch | null {
    return this.#promises;
  }

  get handles(): HandleWatch | null {
    return this.#handles;
  }

  get requests(): RequestWatch | null {
    return this.#requests;
  }

  /** What went wrong since the mode was set, a line each. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Changes what is watched from now on. */
  setMode(mode: TasksMode): void {
    if (mode === this.#mode) return;
    const isStackChange = mode === 'full' || this.#mode === 'full';
    if (isStackChange) this.stop();
    this.#mode = mode;
    this.#failures = [];
    this.#guarded('handles', () => this.#setHandles(mode !== 'off', mode === 'full'));
    this.#guarded('promises', () => this.#setPromises(mode === 'on' || mode === 'full', mode === 'full'));
    this.#guarded('requests', () => this.#setRequests(mode !== 'off', mode === 'full'));
    if (mode === 'full') this.#guarded('all that keeps alive', () => this.ignoring(() => this.#onFull(true)));
  }

  /** Takes all hooks out again. */
  stop(): void {
    if (this.#mode === 'full') this.#guarded('all that keeps alive', () => this.#onFull(false));
    this.#mode = 'off';
    this.#guarded('requests', () => this.#setRequests(false, false));
    this.#guarded('promises', () => this.#setPromises(false, false));
    this.#guarded('handles', () => this.#setHandles(false, false));
  }

  /** Runs `work`, of this package: what it makes at once is no task. Gives back or throws what `work` does. */
  ignoring<Result>(work: () => Result): Result {
    return this.own.run(work);
  }

  /** Notes the time and lets go of what is old: to be called from a timer, every 250 ms. */
  beat(): void {
    this.#guarded('heartbeat', () => {
      if (this.#promises !== null) this.#ages.beat(this.#promises.ring.count());
      this.#promises?.beat();
      this.hooks.beat();
      this.#handles?.beat();
      this.#requests?.beat();
    });
  }

  fail(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : 'failed';
    if (this.#failures.length < FAILURES_MAX) this.#failures.push(`${what}: ${reason}`);
  }

  #setRequests(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#requests !== null)) return;
    this.#requests?.stop();
    this.#requests = isWanted ? new RequestWatch(() => this.#promises?.ring.count() ?? 0, withStacks) : null;
    this.#requests?.start();
  }

  #setPromises(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#promises !== null)) return;
    this.#promises?.stop();
    if (isWanted) this.#ages = new Ages();
    this.#promises = isWanted ? new PromiseWatch(this.#ages, this.own, withStacks) : null;
    this.#promises?.start();
    this.hooks.setWatch(this.#promises);
  }

  #setHandles(isWanted: boolean, withStacks: boolean): void {
    if (isWanted === (this.#handles !== null)) return;
    this.#handles?.stop();
    this.#handles = null;
    if (!isWanted) return;
    if (!this.hooks.isPossible && !withStacks) {
      this.#failures.push(`handles: ${NO_HANDLES}`);
      return;
    }
    const watch = new HandleWatch(this.hooks, this.own, withStacks);
    watch.start();
    if (!this.hooks.isPossible || this.hooks.isSound()) this.#handles = watch;
    else {
      watch.stop();
      this.#failures.push('handles: promises reached the async hook, so handles are not watched');
    }
  }

  #guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(what, error);
    }
  }
}
