/** Round trips through a pool, one after the other: a task too small to hide what is paid around it. */
import { Piscina } from 'piscina';

export const OPERATIONS = 400;
export const WARM_UP = 100;
export const THREADS = 2;

/** A pool whose threads have all started. */
export async function startPool() {
  const filename = new URL('../poolTask.mjs', import.meta.url).href;
  const pool = new Piscina({ filename, minThreads: THREADS, maxThreads: THREADS, idleTimeout: 600_000 });
  await Promise.all(Array.from({ length: THREADS * 4 }, (_, index) => pool.run(index)));
  return pool;
}

export async function prepare() {
  const pool = await startPool();
  return async (count) => {
    for (let index = 0; index < count; index++) await pool.run(index);
  };
}
