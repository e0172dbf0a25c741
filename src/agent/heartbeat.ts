/** Marks in shared memory that this thread's loop turned, and knows how busy the loop was lately. */
import type { EventLoopUtilization } from 'node:perf_hooks';
import type { SharedState } from './sharedState.js';
import { monotonicMs, nodePerformance } from '../tasks/clock.js';
import { clearInterval, setInterval } from '../tasks/timers.js';

export class Heartbeat {
  readonly #shared: SharedState;
  readonly #slot: number;
  readonly #listeners: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | null = null;
  #intervalMs = 0;
  /** Null before the first beat: until then it counts from when the loop began. */
  #last: EventLoopUtilization | null = null;
  #lastAt = monotonicMs();
  #lastWindow: number | null = null;

  constructor(shared: SharedState, slot: number, intervalMs: number | null) {
    this.#shared = shared;
    this.#slot = slot;
    this.setInterval(intervalMs);
  }

  onBeat(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Time since the last beat in ms; null when the heartbeat is off. */
  turnedAgoMs(): number | null {
    return this.#timer === null ? null : monotonicMs() - this.#lastAt;
  }

  /**
   * Share of time, 0 to 1, the loop was busy between the last two heartbeats, or since the last one when the next is
   * overdue (Node's `performance.eventLoopUtilization`). A shorter window would measure what the answer itself costs.
   */
  utilization(): number | null {
    if (this.#timer === null || monotonicMs() - this.#lastAt <= this.#intervalMs) return this.#lastWindow;
    return utilizationSince(this.#last, nodePerformance().eventLoopUtilization());
  }

  /** What the loop did since the last heartbeat counts no more: it was this package's own work. */
  leaveOut(): void {
    this.#last = nodePerformance().eventLoopUtilization();
  }

  setInterval(intervalMs: number | null): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#intervalMs = intervalMs ?? 0;
    this.#timer = intervalMs === null ? null : setInterval(() => this.#beat(), intervalMs).unref();
  }

  #beat(): void {
    this.#shared.beat(this.#slot);
    const now = nodePerformance().eventLoopUtilization();
    this.#lastWindow = utilizationSince(this.#last, now);
    this.#last = now;
    this.#lastAt = monotonicMs();
    for (const listener of this.#listeners) listener();
  }
}

function utilizationSince(last: EventLoopUtilization | null, now: EventLoopUtilization): number {
  return last === null ? now.utilization : nodePerformance().eventLoopUtilization(now, last).utilization;
}
