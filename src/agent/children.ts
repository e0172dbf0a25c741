/** The workers that this thread started, instrumented or not: what a thread census is made of. */
import type { Worker } from 'node:worker_threads';
import type { ChildThread } from '../protocol.js';
import type { WorkerCreation } from '../tasks/taskReader.js';

export class Children {
  /** Weakly held: a worker that is gone has thread id -1 (Node's documentation of `worker.threadId`), or is collected. */
  readonly #workers = new Map<number, WeakRef<Worker>>();

  /** @param onWorker - told the id of each, right after its start */
  constructor(onWorker: (threadId: number) => void) {
    process.on('worker', (worker: Worker) => {
      this.#add(worker);
      onWorker(worker.threadId);
    });
  }

  /** Where and when each was created is left out at first (null): those stacks are text only when read. */
  list(creations: ReadonlyMap<number, WorkerCreation> | null): ChildThread[] {
    this.#forgetGone();
    return [...this.#workers.entries()].map(([threadId, reference]) => {
      const creation = creations?.get(threadId);
      const name = (reference.deref() as { threadName?: unknown } | undefined)?.threadName;
      return {
        threadId,
        name: typeof name === 'string' && name !== '' ? name : null,
        entry: null,
        createdAt: creation?.stack ?? [],
        createdAgoMs: creation?.agoMs ?? null,
      };
    });
  }

  #add(worker: Worker): void {
    if (this.#workers.size % 64 === 63) this.#forgetGone();
    if (worker.threadId > 0) this.#workers.set(worker.threadId, new WeakRef(worker));
  }

  #forgetGone(): void {
    for (const [threadId, reference] of this.#workers) {
      if (reference.deref()?.threadId !== threadId) this.#workers.delete(threadId);
    }
  }
}
