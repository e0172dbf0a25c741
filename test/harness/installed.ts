/** When the sentinel of a fixture is up: what comes before that, main alone hears. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fixture } from './spawn.js';

/** A thread of our own is known by its name; where the kernel does not tell, it gets a second. */
const NAME = /^(?:guru-meditation|gmr-sentinel)/;
/** From the thread's start to its ears. */
const SETTLES_MS = 400;

/** Waits until the fixture's sentinel runs, and a little longer for what it does first. */
export async function untilInstalled(fixture: Fixture): Promise<void> {
  const start = performance.now();
  while (!hasSentinel(fixture.pid)) {
    if (performance.now() - start > 1000) break;
    await delay(10);
  }
  await delay(SETTLES_MS);
}

function hasSentinel(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.some((thread) => NAME.test(readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8')));
  } catch {
    return false;
  }
}
