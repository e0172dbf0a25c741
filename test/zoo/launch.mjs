/**
 * Runs one case of the zoo: `launch.mjs <case> main|worker`. The thread that is to hang does so from a timer, when it has
 * started and its loop has turned; it says `ready` just before.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { ready } from './ready.mjs';

/** By then the sentinel of an eager installation is there. */
const START_MS = 500;

const [name, place] = isMainThread ? process.argv.slice(2) : [workerData, 'here'];
const { hang, workerOptions } = await import(`./cases/${name}.mjs`);

setInterval(() => {}, 1_000_000);
if (isMainThread && place === 'worker') {
  new Worker(new URL(import.meta.url), { workerData: name, name: 'zoo', ...workerOptions });
} else {
  setTimeout(() => {
    if (!hang.saysReady) ready();
    hang();
  }, START_MS);
}
