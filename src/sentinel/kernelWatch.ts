/** The third lane for one request: what the kernel says of each thread, from the request to the end of the evidence. */
import { setTimeout } from 'node:timers/promises';
import type { Evidence } from '../coordinator/collected.js';
import type { NotRead, ProcessFacts } from '../report/types.js';
import { THRESHOLDS } from '../report/thresholds.js';
import { kernelGaps, kernelNotRead } from './kernelGaps.js';
import {
  compareSamples,
  cpuBetween,
  mainThreadId,
  OWN_PROCESS,
  sampleAll,
  sampleThread,
  type KernelSample,
} from './kernelLane.js';
import { nativeThreads, type NativeOptions } from './nativeThreads.js';
import type { WaitOptions } from './kernelWait.js';

/** On a CPU for this long without answering the inspector: no JavaScript ran that could have been interrupted, in ms. */
const NATIVE_CPU_MS = 250;
/** Asleep for this long without answering: a thread that waits for events would have woken up, in ms. */
const NATIVE_WAIT_MS = 150;
/** A thread that waits in a call has used less CPU than this meanwhile, in ms. */
const WAITS_CPU_MS = 20;
/** Two samples closer than this say little: CPU ticks are 10 ms, and a look between two waits is chance, in ms. */
const SAMPLE_APART_MS = 250;
/** A thread that is awake only for a question is looked at again, this often, this many ms later. */
const AWAKE_ROUNDS = 4;
const AWAKE_MS = 5;

/** Which process, by the folder of its procfs (`/proc/self` when not given), and how it may be looked at. */
export type KernelOptions = WaitOptions & NativeOptions;

/** A thread by both of its numbers. */
export interface ThreadIds {
  threadId: number;
  osThreadId: number | null;
}

interface Watched {
  threadId: number;
  osThreadId: number | null;
  first: KernelSample | null;
  second: KernelSample | null;
}

export class KernelWatch {
  readonly #watched = new Map<number, Watched>();
  readonly #startedAt = performance.now();
  #allFirst: Map<number, KernelSample> = new Map();
  #allSecond: Map<number, KernelSample> = new Map();
  readonly #jsThreads: () => number[];

  readonly #options: KernelOptions;
  readonly #root: string;

  /** @param known - the threads that run JavaScript, as far as they are known without asking them */
  constructor(known: () => readonly ThreadIds[], skip: ReadonlySet<number>, options: KernelOptions) {
    this.#options = options;
    this.#root = options.processRoot ?? OWN_PROCESS;
    for (const { threadId, osThreadId } of known()) if (!skip.has(threadId)) this.add(threadId, osThreadId);
    this.#jsThreads = () => [
      ...known().flatMap((slot) => slot.osThreadId ?? []),
      ...[...this.#watched.values()].flatMap((thread) => thread.osThreadId ?? []),
    ];
  }

  /** Takes the first sample of the threads that run no JavaScript: some ms where there are many. */
  watchAll(): void {
    this.#allFirst = sampleAll(this.#root);
  }

  /** Watches this thread from now on; one that is watched already stays as it is. */
  add(threadId: number, osThreadId: number | null): void {
    if (this.#watched.has(threadId)) return;
    const known = osThreadId ?? (threadId === 0 ? mainThreadId(this.#root) : null);
    const first = known === null ? null : sampleThread(known, this.#root);
    this.#watched.set(threadId, { threadId, osThreadId: known, first, second: null });
  }

  /** Whether a thread that was asked at `askedAt` ms ago has shown that it runs no JavaScript; null when nobody can tell. */
  isInNativeCode(threadId: number, askedForMs: number): boolean | null {
    const thread = this.#watched.get(threadId);
    if (thread?.first == null || thread.osThreadId === null) return null;
    const now = sampleThread(thread.osThreadId, this.#root);
    if (now === null) return true; // The thread is gone.
    if (cpuBetween(thread.first, now) > NATIVE_CPU_MS) return true;
    // One that is asleep now and ran before may wait for V8's own threads to collect garbage.
    return now.state !== 'R' && askedForMs > NATIVE_WAIT_MS && cpuBetween(thread.first, now) < WAITS_CPU_MS;
  }

  /** Waits until two samples are far enough apart. */
  async longEnough(boundMs: number): Promise<void> {
    const missing = SAMPLE_APART_MS - (performance.now() - this.#startedAt);
    if (missing > 0) await setTimeout(Math.min(missing, boundMs));
  }

  /** Takes the second samples: of threads that wait not in the moment in which the inspector's last question runs there. */
  async finish(): Promise<void> {
    this.#allSecond = sampleAll(this.#root);
    for (const thread of this.#watched.values()) {
      if (thread.osThreadId !== null) thread.second = sampleThread(thread.osThreadId, this.#root);
    }
    for (let round = 0; round < AWAKE_ROUNDS; round++) {
      const awake = [...this.#watched.values()].filter((thread) => isAwakeToAnswer(thread));
      if (awake.length === 0) return;
      await setTimeout(AWAKE_MS);
      for (const thread of awake) thread.second = sampleThread(thread.osThreadId ?? 0, this.#root) ?? thread.second;
    }
  }

  /** What there is no evidence of, said once whatever number of threads it concerns. */
  notRead(): NotRead[] {
    const missing = kernelNotRead(this.#root);
    if (missing !== null) return [{ threadId: null, what: 'kernel lane', why: missing }];
    const nameless = [...this.#watched.values()].filter(({ osThreadId }) => osThreadId === null);
    const gaps = kernelGaps(this.#options.processRoot, this.#options.readMemory);
    if (nameless.length > 0) {
      const ids = nameless.map(({ threadId }) => threadId).join(', ');
      gaps.push(`the OS thread ids of threads ${ids} (they may not read procfs themselves)`);
    }
    if (gaps.length === 0) return [];
    return [{ threadId: null, what: 'part of the kernel lane', why: `these cannot be read here: ${gaps.join(', ')}` }];
  }

  /** Watched threads that are still there and not among `read`. */
  silentThreads(read: ReadonlySet<number>): { threadId: number; osThreadId: number | null }[] {
    return [...this.#watched.values()]
      .filter((thread) => !read.has(thread.threadId) && (thread.first === null || thread.second !== null))
      .map(({ threadId, osThreadId }) => ({ threadId, osThreadId }));
  }

  evidence(threadId: number): Evidence {
    const thread = this.#watched.get(threadId);
    const second = thread?.second ?? null;
    const kernel =
      thread?.first == null || second === null ? null : compareSamples(thread.first, second, this.#options);
    return {
      threadId,
      osThreadId: thread?.osThreadId ?? null,
      samples: [],
      sampledForMs: 0,
      kernel,
    };
  }

  nativeThreads(): ProcessFacts['nativeThreads'] {
    return nativeThreads(this.#jsThreads(), this.#allFirst, this.#allSecond, this.#options);
  }
}

/** On a CPU now, and hardly ever between the samples. */
function isAwakeToAnswer({ first, second }: Watched): boolean {
  if (first === null || second === null || second.state !== 'R') return false;
  return cpuBetween(first, second) < (second.at - first.at) * THRESHOLDS.onCpuShare;
}
