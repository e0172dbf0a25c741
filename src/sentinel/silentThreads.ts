/**
 * What the kernel says of threads that give the inspector no answer. One inside native code gives none, however long it is
 * waited for: it sleeps in a system call, or has used much CPU meanwhile. Any other may be on its way to the answer: on a
 * crowded machine that takes seconds, and the thread is as silent all that time.
 */
import { readOsThreadId } from '../agent/describe.js';
import { monotonicMs } from '../tasks/clock.js';
import { readText } from './kernelFiles.js';
import { cpuBetween, mainThreadId, OWN_PROCESS, sampleAll, sampleCheaply, type KernelSample } from './kernelLane.js';
import type { WaitOptions } from './kernelWait.js';
import type { ThreadIds } from './kernelWatch.js';
import { syscallName } from './syscalls.js';

/** JavaScript that got this much CPU would have been interrupted, and the answer given, many times over, in ms. */
const NATIVE_CPU_MS = 1000;
/** A thread is looked at this often, in ms; one that is seen asleep in the same place so many times on end stays there. */
const LOOK_MS = 100;
const LOOKS = 3;

/** V8 sleeps in these for its own threads and for memory, and who holds it up may be short of a CPU as well. */
const OF_V8 = new Set(
  'futex futex_wait futex_waitv sched_yield membarrier mmap munmap mremap mprotect pkey_mprotect madvise brk'.split(
    ' ',
  ),
);

/** Where a thread sleeps, when nobody may know. */
const SOMEWHERE = 'somewhere';
/** Of a thread that is gone, or runs native code. */
const LOST = 'lost';

interface Looked {
  at: number;
  /** The number of a call, or one of the words above; null for a thread that runs, wants to, or waits for V8. */
  place: string | null;
  onEnd: number;
}

export class SilentThreads {
  readonly #known: () => readonly ThreadIds[];
  readonly #root: string;
  readonly #architecture: string;
  readonly #own = readOsThreadId();
  /** By OS thread id; null stands for all that nobody knows. */
  readonly #looked = new Map<number | null, Looked>();
  readonly #first = new Map<number, KernelSample>();

  /** @param known - the threads that run JavaScript, as far as they are known without asking them */
  constructor(known: () => readonly ThreadIds[], options: WaitOptions = {}) {
    this.#known = known;
    this.#root = options.processRoot ?? OWN_PROCESS;
    this.#architecture = options.architecture ?? process.arch;
  }

  /**
   * Whether a thread that is silent since before the first call may answer yet; false too for one that is gone or that nobody
   * can look at. To be asked again and again: only several looks, some time apart, tell that it will not.
   */
  mayAnswer(threadId: number): boolean {
    const osThreadId = this.#osThreadIdOf(threadId);
    const before = this.#looked.get(osThreadId);
    if (before !== undefined && monotonicMs() - before.at < LOOK_MS) return before.onEnd < LOOKS;
    const place = osThreadId === null ? this.#placeOfStrangers() : this.#placeOf(osThreadId);
    const again = place === before?.place ? before.onEnd + 1 : 1;
    const onEnd = place === null ? 0 : place === LOST ? LOOKS : again;
    this.#looked.set(osThreadId, { at: monotonicMs(), place, onEnd });
    return onEnd < LOOKS;
  }

  #osThreadIdOf(threadId: number): number | null {
    if (threadId === 0) return mainThreadId(this.#root);
    return this.#known().find((thread) => thread.threadId === threadId)?.osThreadId ?? null;
  }

  #placeOf(osThreadId: number): string | null {
    const now = sampleCheaply(osThreadId, this.#root);
    if (now === null || this.#usedCpu(now) >= NATIVE_CPU_MS) return LOST;
    const text = readText(`${this.#root}/task/${osThreadId}/syscall`);
    if (text === null) return now.state === 'R' ? null : SOMEWHERE;
    const number = /^\d+/.exec(text)?.[0];
    if (number === undefined) return null; // It runs or wants to, or waits for memory outside of any call.
    return OF_V8.has(syscallName(Number(number), this.#architecture)) ? null : number;
  }

  /** A thread whose id nobody knows may be any of these; most of them are V8's and libuv's own, and sleep. */
  #placeOfStrangers(): string | null {
    const known = new Set([this.#own, mainThreadId(this.#root), ...this.#known().map(({ osThreadId }) => osThreadId)]);
    const strangers = [...sampleAll(this.#root).values()].filter(({ osThreadId }) => !known.has(osThreadId));
    if (strangers.length === 0) return LOST;
    const awake = strangers.filter((now) => this.#usedCpu(now) < NATIVE_CPU_MS && now.state === 'R');
    return awake.length === 0 ? SOMEWHERE : null;
  }

  /** Since it was first looked at, in ms. */
  #usedCpu(now: KernelSample): number {
    const first = this.#first.get(now.osThreadId) ?? now;
    this.#first.set(now.osThreadId, first);
    return cpuBetween(first, now);
  }
}
