/** Whether a thread runs, or waits for something else to end, told by the CPU time that it uses. */
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../tasks/clock.js';
import { cpuBetween, OWN_PROCESS, sampleCheaply } from './kernelLane.js';

/** More than a signal's handler takes, less than a thread that runs gets on a crowded machine, in ms. */
const USED_MS = 5;
/** At most this long, in ms. */
const WATCHED_MS = 200;
const STEP_MS = 20;

/** True as well where nobody can tell. */
export async function usesCpu(osThreadId: number | null, processRoot: string = OWN_PROCESS): Promise<boolean> {
  const first = osThreadId === null ? null : sampleCheaply(osThreadId, processRoot);
  if (first === null) return true;
  const until = monotonicMs() + WATCHED_MS;
  while (monotonicMs() < until) {
    await setTimeout(STEP_MS);
    const now = sampleCheaply(first.osThreadId, processRoot);
    if (now === null || cpuBetween(first, now) >= USED_MS) return true;
  }
  return false;
}
