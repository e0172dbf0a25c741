/**
 * One work in one process: `node steady.mjs <work> <scale>`. When told to, it works a slice, and answers with its CPU time.
 * `OPERATIONS` of a work make a slice of some milliseconds.
 */
import { serve } from './channel.mjs';

const [name, scale] = process.argv.slice(2);
/** `WARM_UP`: so many slices' work that V8 has compiled all of it, also what watches: before, that is what one would measure. */
const { prepare, OPERATIONS, WARM_UP = 40 } = await import(`./works/${name}.mjs`);
const run = await prepare();
const operations = Math.max(1, Math.round(OPERATIONS * Number(scale)));

serve({
  warmUp: () => run(WARM_UP * operations),
  /** Works a slice. CPU time of all threads an operation, in µs. */
  async work() {
    const before = process.cpuUsage();
    await run(operations);
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / operations };
  },
});
