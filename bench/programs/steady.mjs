/** One work in one process: `node steady.mjs <work> <scale>`. When told to, it works and answers with its CPU time. */
import { serve } from './channel.mjs';

const [name, scale] = process.argv.slice(2);
const { prepare, OPERATIONS } = await import(`./works/${name}.mjs`);
const run = await prepare();
const operations = Math.max(1, Math.round(OPERATIONS * Number(scale)));

serve({
  /** CPU time of all threads an operation, in µs, after a third as many that are not counted. */
  async work() {
    await run(Math.ceil(operations / 3));
    globalThis.gc?.();
    const before = process.cpuUsage();
    await run(operations);
    const { user, system } = process.cpuUsage(before);
    return { cpuUs: (user + system) / operations };
  },
});
