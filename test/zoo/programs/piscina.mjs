/** `piscina.mjs worker idle|busy|stuck sync|async|disabled`: a pool of two in one of the three `atomics` modes. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { ready } from '../ready.mjs';

const [way, atomics] = process.argv.slice(3);
const pool = new Piscina({
  filename: fileURLToPath(new URL('piscinaTasks.mjs', import.meta.url)),
  minThreads: 2,
  maxThreads: 2,
  atomics,
});

async function submitAgain() {
  for (;;) await pool.run({}, { name: 'quick' });
}

await Promise.all([1, 2].map(() => pool.run({}, { name: 'quick' })));
if (way === 'busy') for (const submit of Array.from({ length: 4 }, () => submitAgain)) void submit();
if (way === 'stuck') pool.run({}, { name: 'endless' }).catch(() => {});
setInterval(() => {}, 1_000_000);
setTimeout(ready, 500);
