/**
 * Answers whether the loops turn. Heartbeats tell all there is to tell but for one thing: a pool worker that its pool has
 * parked stands still as well. Such a worker is looked into by a report that goes nowhere, once, and again when the kernel
 * says that it has woken up since.
 */
import { setTimeout } from 'node:timers/promises';
import type { SharedState, ThreadSlot } from '../agent/sharedState.js';
import { monotonicMs } from '../tasks/clock.js';
import { checkByHeartbeats, type CheckAnswer, type LoopCheck } from '../coordinator/asking/check.js';
import type { Report } from '../report/types.js';
import { sampleThread, wakingsOf } from './kernelLane.js';

/** How long another report may keep us from looking, in ms. */
const BUSY_MS = 3000;
const AGAIN_MS = 20;

interface Parked {
  turnedAtMs: number;
  wakings: number | null;
}

export class LoopChecks {
  readonly #shared: SharedState;
  readonly #takeReport: () => Promise<Report | null>;
  readonly #parked = new Map<number, Parked>();

  /** @param takeReport - null while another report is being taken */
  constructor(shared: SharedState, takeReport: () => Promise<Report | null>) {
    this.#shared = shared;
    this.#takeReport = takeReport;
  }

  async answer(heartbeatMs: number | null): Promise<CheckAnswer> {
    const first = this.#byHeartbeats(heartbeatMs);
    if (heartbeatMs === null || first.threads.every(({ state }) => state === 'turns')) return first;
    // A process that was stopped, or slept, has had no time to turn its loops yet.
    await setTimeout(heartbeatMs * 2);
    const second = this.#byHeartbeats(heartbeatMs);
    // Main is stuck, so the answer is clear, and the workers need not be disturbed.
    if (second.threads.some(({ state }) => state === 'stuck')) return second;
    const unsure = second.threads.filter(({ state }) => state === 'unknown').filter((check) => !this.#isKnown(check));
    if (unsure.length > 0) await this.#look(unsure);
    return second;
  }

  #byHeartbeats(heartbeatMs: number | null): CheckAnswer {
    return checkByHeartbeats(this.#slots(), monotonicMs(), heartbeatMs);
  }

  #slots(): ThreadSlot[] {
    return this.#shared.threads().filter(({ threadId }) => threadId !== this.#shared.sentinelThreadId);
  }

  /** Parked when it was looked into, and asleep ever since. */
  #isKnown(check: LoopCheck): boolean {
    const slot = this.#slots().find(({ threadId }) => threadId === check.threadId);
    const parked = this.#parked.get(check.threadId);
    const isKnown =
      slot !== undefined && parked !== undefined && parked.wakings !== null && samePark(parked, parkOf(slot));
    if (isKnown) becomeParked(check);
    return isKnown;
  }

  async #look(unsure: LoopCheck[]): Promise<void> {
    const report = await this.#reportWhenFree();
    if (report === null) return;
    for (const check of unsure) {
      const verdict = report.verdicts.find(
        ({ threadId, severity }) => threadId === check.threadId && severity !== 'info',
      );
      const thread = report.threads.find(({ threadId }) => threadId === check.threadId);
      if (verdict !== undefined) {
        check.state = 'stuck';
        check.text = verdict.text;
      } else if (thread === undefined || thread.state === 'busy') becomeTurning(check);
      else if (thread.state === 'idle' || thread.role === 'helper') this.#remember(check);
    }
  }

  #remember(check: LoopCheck): void {
    becomeParked(check);
    const slot = this.#slots().find(({ threadId }) => threadId === check.threadId);
    if (slot !== undefined) this.#parked.set(slot.threadId, parkOf(slot));
  }

  async #reportWhenFree(): Promise<Report | null> {
    const until = monotonicMs() + BUSY_MS;
    for (;;) {
      const report = await this.#takeReport();
      if (report !== null || monotonicMs() > until) return report;
      await setTimeout(AGAIN_MS);
    }
  }
}

function parkOf({ osThreadId, turnedAtMs }: ThreadSlot): Parked {
  return { turnedAtMs, wakings: osThreadId === null ? null : wakingsOf(sampleThread(osThreadId)) };
}

function samePark(one: Parked, other: Parked): boolean {
  return one.turnedAtMs === other.turnedAtMs && one.wakings === other.wakings;
}

function becomeParked(check: LoopCheck): void {
  check.state = 'parked';
  check.text = null;
}

/** It ended, or its loop turns again. */
function becomeTurning(check: LoopCheck): void {
  check.state = 'turns';
  check.text = null;
}
