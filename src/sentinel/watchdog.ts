/**
 * Reports by itself when a thread has not turned its loop for too long, once a hang; says when it turns again.
 *
 * Time that passed for the whole process (a laptop asleep, SIGSTOP) counts for nobody: the watchdog's own ticks stop then
 * as well, and what they are late is taken off. A pool worker that its pool has parked never turns its loop: a stale
 * heartbeat is looked into once, and again only when the thread has used a CPU since.
 */
import { clearInterval, setInterval } from 'node:timers';
import { monotonicMs, type SharedState, type ThreadSlot } from '../agent/sharedState.js';
import { sampleThread } from './kernelLane.js';

export interface WatchdogSettings {
  /** How long a loop may stand still, ms. */
  boundMs: number;
  /** At most one report in this time, ms. */
  intervalMs: number;
}

export interface WatchdogActions {
  /** Looks at the process; true when one of these threads is stuck, and the report of it went out. */
  report(threadIds: number[], detail: string): Promise<boolean>;
  say(line: string): void;
}

interface Seen {
  turnedAtMs: number;
  /** Its CPU time when it was looked into; null where the kernel does not tell. */
  cpuMs: number | null;
  reported: boolean;
}

/** A tick that comes later than this was kept from running together with the whole process, in ms. */
const LATE_MS = 1000;
const TICKS_A_BOUND = 8;

export class Watchdog {
  readonly #shared: SharedState;
  readonly #settings: WatchdogSettings;
  readonly #actions: WatchdogActions;
  readonly #seen = new Map<number, Seen>();
  readonly #timer: ReturnType<typeof setInterval>;
  #lastTickMs = monotonicMs();
  #resumedAtMs = 0;
  #lastReportMs = Number.NEGATIVE_INFINITY;
  /** Hangs that came too soon after the last report, as "thread at time". */
  readonly #suppressed = new Set<string>();
  #looking = false;

  constructor(shared: SharedState, settings: WatchdogSettings, actions: WatchdogActions) {
    this.#shared = shared;
    this.#settings = settings;
    this.#actions = actions;
    const tickMs = Math.max(20, Math.min(250, settings.boundMs / TICKS_A_BOUND));
    this.#timer = setInterval(() => void this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    const now = monotonicMs();
    // From a pause on, every loop gets its whole time again.
    if (now - this.#lastTickMs > LATE_MS) this.#resumedAtMs = now;
    this.#lastTickMs = now;
    const threads = this.#shared.threads().filter(({ threadId }) => threadId !== this.#shared.sentinelThreadId);
    this.#sayRecovered(threads);
    const stale = threads.filter((slot) => this.#standsStill(slot, now) && !this.#isKnown(slot));
    if (stale.length === 0 || this.#looking) return;
    if (now - this.#lastReportMs < this.#settings.intervalMs) return this.#suppress(stale);
    await this.#look(stale, now);
  }

  #standsStill(slot: ThreadSlot, now: number): boolean {
    return now - Math.max(slot.turnedAtMs, this.#resumedAtMs) >= this.#settings.boundMs;
  }

  /** Looked into already, and nothing has happened since. */
  #isKnown(slot: ThreadSlot): boolean {
    const seen = this.#seen.get(slot.threadId);
    if (seen === undefined || seen.turnedAtMs !== slot.turnedAtMs) return false;
    if (seen.reported || seen.cpuMs === null) return true;
    const cpuMs = cpuOf(slot);
    return cpuMs === null || cpuMs - seen.cpuMs < this.#settings.boundMs / 2;
  }

  async #look(stale: ThreadSlot[], now: number): Promise<void> {
    this.#looking = true;
    try {
      const longest = Math.max(...stale.map((slot) => now - slot.turnedAtMs));
      const also = this.#suppressed.size === 0 ? '' : `, ${this.#suppressed.size} not reported since the last one`;
      const detail = `no turn of the event loop for ${(longest / 1000).toFixed(1)} s${also}`;
      const reported = await this.#actions.report(
        stale.map((slot) => slot.threadId),
        detail,
      );
      for (const slot of stale) this.#remember(slot, reported);
      if (!reported) return;
      this.#lastReportMs = now;
      this.#suppressed.clear();
    } finally {
      this.#looking = false;
    }
  }

  /** Too soon after the last report: counted once each, and looked into when the interval is over. */
  #suppress(stale: ThreadSlot[]): void {
    for (const slot of stale) this.#suppressed.add(`${slot.threadId} at ${slot.turnedAtMs}`);
  }

  #remember(slot: ThreadSlot, reported: boolean): void {
    this.#seen.set(slot.threadId, { turnedAtMs: slot.turnedAtMs, cpuMs: cpuOf(slot), reported });
  }

  #sayRecovered(threads: ThreadSlot[]): void {
    for (const [threadId, seen] of this.#seen) {
      const slot = threads.find((thread) => thread.threadId === threadId);
      if (slot?.turnedAtMs === seen.turnedAtMs) continue;
      this.#seen.delete(threadId);
      if (!seen.reported) continue;
      const name = threadId === 0 ? 'main' : `worker ${threadId}`;
      const took =
        slot === undefined
          ? 'is gone'
          : `turns its loop again after ${((slot.turnedAtMs - seen.turnedAtMs) / 1000).toFixed(1)} s`;
      this.#actions.say(`${name} ${took}`);
    }
  }
}

function cpuOf(slot: ThreadSlot): number | null {
  const sample = slot.osThreadId === null ? null : sampleThread(slot.osThreadId);
  return sample === null ? null : (sample.scheduled?.onCpuMs ?? sample.cpuTicks * 10);
}
