/** Pools of two workers of each library other than Piscina, made the same way and used the same way. */
import { fileURLToPath } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Each makes a pool: the object, how a task of it is run by name, and how it is ended. */
const LIBRARIES = {
  async tinypool() {
    const { default: Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename: file('piscinaTasks.mjs'), minThreads: 2, maxThreads: 2 });
    return { pool, run: (name) => pool.run({}, { name }), end: () => pool.destroy() };
  },
  async 'jest-worker'() {
    const { Worker } = await import('jest-worker');
    const pool = new Worker(file('jestTasks.cjs'), {
      enableWorkerThreads: true,
      numWorkers: 2,
      exposedMethods: ['crash', 'endless', 'quick', 'waits'],
    });
    return { pool, run: (name) => pool[name](), end: () => pool.end() };
  },
  async workerpool() {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool(file('workerpoolTasks.cjs'), { workerType: 'thread', minWorkers: 2, maxWorkers: 2 });
    return { pool, run: (name) => pool.exec(name), end: () => pool.terminate(true) };
  },
  async poolifier() {
    const { FixedThreadPool } = await import('poolifier');
    const pool = new FixedThreadPool(2, file('poolifierTasks.mjs'), { errorHandler() {} });
    return { pool, run: (name) => pool.execute({}, name), end: () => pool.destroy() };
  },
};

/** A pool whose two workers have done a task each. */
export async function makePool(library) {
  const made = await LIBRARIES[library]();
  await Promise.all([1, 2].map(() => made.run('quick')));
  return made;
}
