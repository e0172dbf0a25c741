import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Heartbeat } from '../../src/agent/heartbeat.js';
import { SharedState } from '../../src/agent/sharedState.js';

const INTERVAL_MS = 100;
/** Most of an interval. */
const WORK_MS = 80;

function work(): void {
  const until = performance.now() + WORK_MS;
  while (performance.now() < until);
}

/** The utilization of the interval in which a listener worked, which is known at the next beat. */
async function utilizationWith(onWorked: (heartbeat: Heartbeat) => void): Promise<number> {
  const shared = new SharedState();
  const heartbeat = new Heartbeat(shared, shared.takeSlot(0, null), INTERVAL_MS);
  const keepsRunning = setInterval(() => {}, INTERVAL_MS);
  try {
    return await new Promise<number>((resolve) => {
      let beats = 0;
      heartbeat.onBeat(() => {
        if (++beats === 3) return resolve(heartbeat.utilization() ?? -1);
        if (beats !== 2) return;
        work();
        onWorked(heartbeat);
      });
    });
  } finally {
    clearInterval(keepsRunning);
    heartbeat.setInterval(null);
    await delay(0);
  }
}

test('what is left out does not make a loop look busy, and all else does', { timeout: 20_000 }, async () => {
  const counted = await utilizationWith(() => {});
  const leftOut = await utilizationWith((heartbeat) => heartbeat.leaveOut());
  assert.ok(counted > 0.5, `${counted} with the work counted`);
  assert.ok(leftOut < counted / 2, `${leftOut} without it, ${counted} with it`);
});
