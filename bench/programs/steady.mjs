/** One work in one process: `node steady.mjs <work> <scale>`. When told to, it works, and answers with its CPU time. */
import { serve } from './channel.mjs';

const [name, scale] = process.argv.slice(2);
const { prepare, OPERATIONS } = await import(`./works/${name}.mjs`);
const run = await prepare();
const WARM_UP = 2;
/** So many times the work that one measure is: V8 collects garbage now and then, and a short look meets that or does not. */
const MEASURED = 4;
const operations = Math.max(1, Math.round(OPERATIONS * Number(scale)));

serve({
  /** So much that V8 has compiled all of it, also what watches: before, that is what one would measure. */
  warmUp: () => run(WARM_UP * operations),
  /**
   * CPU time of all threads an operation, in µs. A collection of everything, so that all begin alike, also throws away what
   * V8 knows of the code: right after it timers took 1.7 times as long in a bare process, and 1.1 times in a watched one.
   */
  async work() {
    globalThis.gc?.();
    await run(operations);
    const before = process.cpuUsage();
    for (let count = 0; count < MEASURED; count++) await run(operations);
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / (operations * MEASURED) };
  },
});
