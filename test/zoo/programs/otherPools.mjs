/**
 * `otherPools.mjs worker <library> idle|busy|stuck`: a pool of two workers of a library other than Piscina, none of whose
 * objects the report is told about.
 */
import { fileURLToPath } from 'node:url';
import { ready } from '../ready.mjs';

const [library, way] = process.argv.slice(3);
const file = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Each makes a pool, and returns how a task of it is run. */
const LIBRARIES = {
  async tinypool() {
    const { default: Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename: file('piscinaTasks.mjs'), minThreads: 2, maxThreads: 2 });
    return (name) => pool.run({}, { name });
  },
  async 'jest-worker'() {
    const { Worker } = await import('jest-worker');
    const pool = new Worker(file('jestTasks.cjs'), {
      enableWorkerThreads: true,
      numWorkers: 2,
      exposedMethods: ['quick', 'endless'],
    });
    return (name) => pool[name]();
  },
  async workerpool() {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool(file('workerpoolTasks.cjs'), { workerType: 'thread', minWorkers: 2, maxWorkers: 2 });
    return (name) => pool.exec(name);
  },
  async poolifier() {
    const { FixedThreadPool } = await import('poolifier');
    const pool = new FixedThreadPool(2, file('poolifierTasks.mjs'));
    return (name) => pool.execute({}, name);
  },
};

const run = await LIBRARIES[library]();

async function submitAgain() {
  for (;;) await run('quick');
}

await Promise.all([1, 2].map(() => run('quick')));
if (way === 'busy') for (const submit of Array.from({ length: 4 }, () => submitAgain)) void submit();
if (way === 'stuck') run('endless').catch(() => {});
setInterval(() => {}, 1_000_000);
setTimeout(ready, 500);
