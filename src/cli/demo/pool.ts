/** Four workers: a Piscina pool, or plain workers where piscina is not installed. */
import { Worker } from 'node:worker_threads';

export interface Pool {
  run(document: unknown, options: { name: string }): Promise<unknown>;
}

const THREADS = 4;

export async function startPool(file: string): Promise<Pool> {
  try {
    const { Piscina } = await import('piscina');
    return new Piscina({ filename: file, minThreads: THREADS, maxThreads: THREADS });
  } catch {
    return startPlainWorkers(file);
  }
}

function startPlainWorkers(file: string): Pool {
  const workers = Array.from({ length: THREADS }, () => new Worker(file));
  let next = 0;
  return {
    run(document, { name: task }) {
      const worker = workers[next++ % THREADS];
      return new Promise((resolve) => {
        worker?.once('message', resolve);
        worker?.postMessage({ document, task });
      });
    },
  };
}
