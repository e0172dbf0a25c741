import { isMainThread, Worker } from 'node:worker_threads';
import { ready } from '../ready.mjs';

function spin() {
  for (;;); // <- here
}

if (isMainThread) {
  for (let count = 0; count < 5; count++) new Worker(new URL(import.meta.url), { name: `spin ${count}` });
  setTimeout(ready, 800);
} else setTimeout(spin, 500);
