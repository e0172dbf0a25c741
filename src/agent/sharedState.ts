/**
 * The memory all threads of one installation share: who leads a report, and when each thread's loop last turned.
 *
 * A hung thread answers nobody, but its last heartbeat stays readable here; and one compare-and-exchange decides who
 * leads a report, so that main and the sentinel, which both get the signal, never both do.
 *
 * Layout: `CONTROL_WORDS` 32-bit words, then for each of `SLOTS` threads `SLOT_WORDS` 64-bit words.
 */
import { monotonicMs, monotonicNs } from '../tasks/clock.js';

const CONTROL_WORDS = 16;
const SLOTS = 1024;
const SLOT_WORDS = 4;

const LEADER = 0;
const SENTINEL_THREAD = 1;
const SIGNALS_SEEN_BY_MAIN = 2;
const SIGNALS_SERVED = 3;
const ATTACHED = 4;
const EXITING = 5;
const CLAIMS = 6;
const REPORTS = 7;
const LAST_REPORT = 8;
const INSTALLED_LATE = 9;
const COLLECTED = 10;
const SIGNALS_TAKEN = 11;
const SIGNAL_CHANGES = 12;
const SIGNALS_KNOWN = 13;

const SLOT_THREAD = 0;
const SLOT_TURNED = 1;
const SLOT_OS_THREAD = 2;

export type Leader = 'none' | 'main' | 'sentinel';
const LEADERS: readonly Leader[] = ['none', 'main', 'sentinel'];

/** `threadId` of a sentinel that is not there yet, and of one that will never be. */
export const SENTINEL_PENDING = 0;
export const SENTINEL_NEVER = -1;

export interface ThreadSlot {
  threadId: number;
  osThreadId: number | null;
  /** Monotonic time of the last heartbeat in ms, comparable across threads. */
  turnedAtMs: number;
}

export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #control: Int32Array;
  readonly #slots: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer(CONTROL_WORDS * 4 + SLOTS * SLOT_WORDS * 8)) {
    this.buffer = buffer;
    this.#control = new Int32Array(buffer, 0, CONTROL_WORDS);
    this.#slots = new BigInt64Array(buffer, CONTROL_WORDS * 4, SLOTS * SLOT_WORDS);
  }

  /** Takes the lead of the next report and returns the claim's number; 0 when somebody has it. */
  claimLead(who: Exclude<Leader, 'none'>): number {
    if (Atomics.compareExchange(this.#control, LEADER, 0, LEADERS.indexOf(who)) !== 0) return 0;
    return Atomics.add(this.#control, CLAIMS, 1) + 1;
  }

  /** Takes the lead from a leader that hung while it had it: only when it is still at that claim. Returns the new claim or 0. */
  takeOverLead(claim: number): number {
    if (Atomics.compareExchange(this.#control, CLAIMS, claim, claim + 1) !== claim) return 0;
    Atomics.store(this.#control, LEADER, LEADERS.indexOf('sentinel'));
    return claim + 1;
  }

  /** Whether this claim still leads: a thread that hung for a while finds that its report was made without it. */
  leads(claim: number): boolean {
    return Atomics.load(this.#control, CLAIMS) === claim;
  }

  releaseLead(claim: number): void {
    if (this.leads(claim)) Atomics.store(this.#control, LEADER, 0);
  }

  /** All that goes into the report of this claim has been read. */
  markCollected(claim: number): void {
    Atomics.store(this.#control, COLLECTED, claim);
  }

  /** Whether the report of the last claim tells of a time before now: what comes to light from here on is not in it. */
  get isCollected(): boolean {
    return Atomics.load(this.#control, COLLECTED) === this.claims;
  }

  /** The number of the last claim. */
  get claims(): number {
    return Atomics.load(this.#control, CLAIMS);
  }

  /** A number for a new report, counted over all threads of the process. */
  nextReport(): number {
    return Atomics.add(this.#control, REPORTS, 1) + 1;
  }

  get leader(): Leader {
    return LEADERS[Atomics.load(this.#control, LEADER)] ?? 'none';
  }

  get sentinelThreadId(): number {
    return Atomics.load(this.#control, SENTINEL_THREAD);
  }

  set sentinelThreadId(threadId: number) {
    Atomics.store(this.#control, SENTINEL_THREAD, threadId);
  }

  /** Main has run its handler once more; the count tells the sentinel whether main hears signals at all. */
  countSignalOnMain(): number {
    return Atomics.add(this.#control, SIGNALS_SEEN_BY_MAIN, 1) + 1;
  }

  get signalsSeenByMain(): number {
    return Atomics.load(this.#control, SIGNALS_SEEN_BY_MAIN);
  }

  /** Signals up to this number were answered by the sentinel: main, when it wakes up, leaves them alone. */
  get signalsServed(): number {
    return Atomics.load(this.#control, SIGNALS_SERVED);
  }

  set signalsServed(count: number) {
    Atomics.store(this.#control, SIGNALS_SERVED, count);
  }

  /** Main begins with what came with the signals it has heard so far. */
  markSignalsTaken(): void {
    Atomics.store(this.#control, SIGNALS_TAKEN, this.signalsSeenByMain);
  }

  /** What came with the signals up to this number main has taken, if anything did: a request that waits came later. */
  get signalsTaken(): number {
    return Atomics.load(this.#control, SIGNALS_TAKEN);
  }

  /** Main listens to other signals now; call it before the sentinel is told. */
  countSignalChange(): void {
    Atomics.add(this.#control, SIGNAL_CHANGES, 1);
  }

  /** How often that was: what the sentinel was told with another number is no more so. */
  get signalChanges(): number {
    return Atomics.load(this.#control, SIGNAL_CHANGES);
  }

  /**
   * The sentinel listens, or is about to, to what main told it with this number. True when that is still so: who says it first
   * and looks then cannot miss a change that did not wait for it.
   */
  markSignalsKnown(changes: number): boolean {
    Atomics.store(this.#control, SIGNALS_KNOWN, changes + 1);
    Atomics.notify(this.#control, SIGNALS_KNOWN);
    return this.signalChanges === changes;
  }

  /** Blocks main until the sentinel knows the last change, at most `boundMs`; not at all where none listens yet. */
  waitForSignalsKnown(boundMs: number): void {
    const known = Atomics.load(this.#control, SIGNALS_KNOWN);
    if (known !== 0 && known !== this.signalChanges + 1) Atomics.wait(this.#control, SIGNALS_KNOWN, known, boundMs);
  }

  /** How long main has been in its exit handlers or beyond, ms; null while it is not exiting. */
  get exitingForMs(): number | null {
    const since = Atomics.load(this.#control, EXITING);
    return since === 0 ? null : Math.max(0, (Math.trunc(monotonicMs()) | 0) - since);
  }

  markExiting(): void {
    Atomics.store(this.#control, EXITING, Math.trunc(monotonicMs()) | 0 || 1);
  }

  get isAttached(): boolean {
    return Atomics.load(this.#control, ATTACHED) === 1;
  }

  setAttached(attached: boolean): void {
    Atomics.store(this.#control, ATTACHED, attached ? 1 : 0);
    if (!attached) Atomics.notify(this.#control, ATTACHED);
  }

  /** Blocks until no inspector session is attached, at most `boundMs`. Only main calls this, only while it exits. */
  waitUntilDetached(boundMs: number): void {
    Atomics.wait(this.#control, ATTACHED, 1, boundMs);
  }

  /** Main asks for a report that it will wait for: call it before asking. */
  expectLastReport(): void {
    Atomics.store(this.#control, LAST_REPORT, 0);
  }

  /** Blocks main, whose process is about to end, until that report is out; at most `boundMs`. */
  waitForLastReport(boundMs: number): void {
    Atomics.wait(this.#control, LAST_REPORT, 0, boundMs);
  }

  /** Lets main go on. */
  endLastReport(): void {
    Atomics.store(this.#control, LAST_REPORT, 1);
    Atomics.notify(this.#control, LAST_REPORT);
  }

  /** Without the preload, threads may be there that no agent saw start. */
  get installedLate(): boolean {
    return Atomics.load(this.#control, INSTALLED_LATE) === 1;
  }

  markInstalledLate(): void {
    Atomics.store(this.#control, INSTALLED_LATE, 1);
  }

  /** A slot for this thread's heartbeats, or -1 when all are taken (more than 1,024 threads: no heartbeat for the rest). */
  takeSlot(threadId: number, osThreadId: number | null): number {
    for (let probe = 0; probe < SLOTS; probe++) {
      const slot = slotOf(threadId, probe);
      const base = slot * SLOT_WORDS;
      if (Atomics.compareExchange(this.#slots, base + SLOT_THREAD, 0n, BigInt(threadId + 1)) !== 0n) continue;
      Atomics.store(this.#slots, base + SLOT_OS_THREAD, BigInt(osThreadId ?? 0));
      this.beat(slot);
      return slot;
    }
    return -1;
  }

  beat(slot: number): void {
    if (slot >= 0) Atomics.store(this.#slots, slot * SLOT_WORDS + SLOT_TURNED, monotonicNs());
  }

  freeSlotOf(threadId: number): void {
    const owner = BigInt(threadId + 1);
    for (let probe = 0; probe < SLOTS; probe++) {
      const base = slotOf(threadId, probe) * SLOT_WORDS;
      if (Atomics.load(this.#slots, base + SLOT_THREAD) !== owner) continue;
      Atomics.store(this.#slots, base + SLOT_OS_THREAD, 0n); // The next owner has none until it says so.
      Atomics.compareExchange(this.#slots, base + SLOT_THREAD, owner, 0n);
      return;
    }
  }

  /** All threads that have a slot. */
  threads(): ThreadSlot[] {
    const found: ThreadSlot[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const base = slot * SLOT_WORDS;
      const owner = Atomics.load(this.#slots, base + SLOT_THREAD);
      if (owner === 0n) continue;
      found.push({
        threadId: Number(owner) - 1,
        osThreadId: Number(Atomics.load(this.#slots, base + SLOT_OS_THREAD)) || null,
        turnedAtMs: Number(Atomics.load(this.#slots, base + SLOT_TURNED) / 1000n) / 1000,
      });
    }
    return found;
  }
}

/** Where to look for a thread's slot: the first is its own while fewer than 1,024 threads came before it, or those have gone. */
function slotOf(threadId: number, probe: number): number {
  return (threadId + probe) % SLOTS;
}
