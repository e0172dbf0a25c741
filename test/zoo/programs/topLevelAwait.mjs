import { isMainThread, Worker } from 'node:worker_threads';
import { ready } from '../ready.mjs';

if (isMainThread && process.argv[2] === 'worker') new Worker(new URL(import.meta.url), { name: 'zoo' });
else {
  setInterval(() => {}, 1_000_000);
  setTimeout(ready, 500);
  await new Promise(() => {});
}
