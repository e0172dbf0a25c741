/**
 * Reports by itself when a thread has not turned its loop for too long, once a hang; says when it turns again.
 *
 * Time that passed for the whole process (a laptop asleep, SIGSTOP) counts for nobody: the watchdog's own ticks stop then
 * as well, and what they are late is taken off. A pool worker that its pool has parked never turns its loop, so a stale
 * heartbeat is looked into once, and again when the kernel says that the thread has done something since: used a CPU, or
 * woken up to sleep elsewhere. One that sleeps at the same place as before is most likely parked again after a task, but
 * a task that waits in `Atomics.wait` sleeps there too: it is looked into once in the interval between two reports.
 */
import { clearInterval, setInterval } from 'node:timers';
import type { SharedState, ThreadSlot } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import { cpuBetween, sampleThread, wakingsOf, type KernelSample } from './kernelLane.js';

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
  reported: boolean;
  lookedAtMs: number;
  /** What the kernel said when it was looked into; null where it does not tell. */
  kernel: KernelSample | null;
  /** When it was last seen to have woken up, and how often it had been given a CPU by then. */
  wokeAtMs: number | null;
  wakings: number | null;
  /** Whether it has woken up for something else than our own questions. */
  wokeByItself: boolean;
}

/** A tick that comes later than this was kept from running together with the whole process, in ms. */
const LATE_MS = 1000;
const TICKS_A_BOUND = 8;
/** Our own questions may wake a thread for this long after a look, in ms. */
const SETTLED_MS = 1000;

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
    const stale = threads.filter((slot) => this.#standsStill(slot, now) && !this.#isKnown(slot, now));
    if (stale.length === 0 || this.#looking) return;
    if (now - this.#lastReportMs < this.#settings.intervalMs) return this.#suppress(stale);
    await this.#look(stale, now);
  }

  #standsStill(slot: ThreadSlot, now: number): boolean {
    return now - Math.max(slot.turnedAtMs, this.#resumedAtMs) >= this.#settings.boundMs;
  }

  /** Looked into already, and nothing has happened since that would be worth another look. */
  #isKnown(slot: ThreadSlot, now: number): boolean {
    const seen = this.#seen.get(slot.threadId);
    if (seen === undefined || seen.turnedAtMs !== slot.turnedAtMs) return false;
    const kernel = seen.reported || seen.kernel === null ? null : kernelOf(slot);
    if (kernel === null || seen.kernel === null) return true;
    if (cpuBetween(seen.kernel, kernel) >= this.#settings.boundMs / 2) return false;
    noteWaking(seen, kernel, now);
    if (seen.wokeAtMs === null || now - seen.wokeAtMs < this.#settings.boundMs) return true;
    if (!isSamePlace(seen.kernel, kernel)) return false;
    return !seen.wokeByItself || now - seen.lookedAtMs < this.#settings.intervalMs;
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
    const kernel = kernelOf(slot);
    this.#seen.set(slot.threadId, {
      turnedAtMs: slot.turnedAtMs,
      reported,
      lookedAtMs: monotonicMs(),
      kernel,
      wokeAtMs: null,
      wakings: wakingsOf(kernel),
      wokeByItself: false,
    });
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

function kernelOf(slot: ThreadSlot): KernelSample | null {
  return slot.osThreadId === null ? null : sampleThread(slot.osThreadId);
}

function noteWaking(seen: Seen, kernel: KernelSample, now: number): void {
  const wakings = wakingsOf(kernel);
  if (wakings === seen.wakings) return;
  seen.wakings = wakings;
  seen.wokeAtMs = now;
  seen.wokeByItself ||= now - seen.lookedAtMs > SETTLED_MS;
}

/** Asleep in the same call on the same object: V8 has one condition a thread for all of its `Atomics.wait`. */
function isSamePlace(one: KernelSample, other: KernelSample): boolean {
  if (one.syscall === null || other.syscall === null) return one.waitChannel === other.waitChannel;
  return one.syscall.number === other.syscall.number && one.syscall.arguments[0] === other.syscall.arguments[0];
}
