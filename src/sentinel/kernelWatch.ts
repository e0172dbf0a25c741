/** The third lane for one request: what the kernel says of each thread, from the request to the end of the evidence. */
import { setTimeout } from 'node:timers/promises';
import type { SharedState } from '../agent/sharedState.js';
import type { Evidence } from '../coordinator/collected.js';
import type { NotRead, ProcessFacts } from '../report/types.js';
import { compareSamples, cpuBetween, kernelNotRead, sampleThread, sampleAll, type KernelSample } from './kernelLane.js';
import { nativeThreads } from './nativeThreads.js';
import { describeWait } from './kernelWait.js';

/** On a CPU for this long without answering the inspector: no JavaScript ran that could have been interrupted, in ms. */
const NATIVE_CPU_MS = 250;
/** Asleep for this long without answering: a thread that waits for events would have woken up, in ms. */
const NATIVE_WAIT_MS = 150;
/** A thread that waits in a call has used less CPU than this meanwhile, in ms. */
const WAITS_CPU_MS = 20;
/** Two samples closer than this say little: CPU ticks are 10 ms, and a look between two waits is chance, in ms. */
const SAMPLE_APART_MS = 250;

interface Watched {
  threadId: number;
  osThreadId: number | null;
  first: KernelSample | null;
  second: KernelSample | null;
}

export class KernelWatch {
  readonly notRead: NotRead[] = [];
  readonly #watched = new Map<number, Watched>();
  readonly #startedAt = performance.now();
  readonly #allFirst: Map<number, KernelSample>;
  #allSecond: Map<number, KernelSample> = new Map();
  readonly #jsThreads: () => number[];

  constructor(shared: SharedState, skip: ReadonlySet<number>) {
    const missing = kernelNotRead();
    if (missing !== null) this.notRead.push({ threadId: null, what: 'kernel lane', why: missing });
    this.#allFirst = sampleAll();
    for (const { threadId, osThreadId } of shared.threads()) if (!skip.has(threadId)) this.add(threadId, osThreadId);
    this.#jsThreads = () => [
      ...shared.threads().flatMap((slot) => slot.osThreadId ?? []),
      ...[...this.#watched.values()].flatMap((thread) => thread.osThreadId ?? []),
    ];
  }

  /** Watches this thread from now on; one that is watched already stays as it is. */
  add(threadId: number, osThreadId: number | null): void {
    if (this.#watched.has(threadId)) return;
    const first = osThreadId === null ? null : sampleThread(osThreadId);
    this.#watched.set(threadId, { threadId, osThreadId, first, second: null });
  }

  /** Whether a thread that was asked at `askedAt` ms ago has shown that it runs no JavaScript; null when nobody can tell. */
  isInNativeCode(threadId: number, askedForMs: number): boolean | null {
    const thread = this.#watched.get(threadId);
    if (thread?.first == null || thread.osThreadId === null) return null;
    const now = sampleThread(thread.osThreadId);
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

  /** Takes the second samples. */
  finish(): void {
    this.#allSecond = sampleAll();
    for (const thread of this.#watched.values()) {
      if (thread.osThreadId !== null) thread.second = sampleThread(thread.osThreadId);
    }
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
    const kernel = thread?.first == null || second === null ? null : compareSamples(thread.first, second);
    return {
      threadId,
      osThreadId: thread?.osThreadId ?? null,
      samples: [],
      sampledForMs: 0,
      kernel,
      wait: second === null || second.state === 'R' ? null : describeWait(second).text,
    };
  }

  nativeThreads(): ProcessFacts['nativeThreads'] {
    return nativeThreads(this.#jsThreads(), this.#allFirst, this.#allSecond);
  }
}
