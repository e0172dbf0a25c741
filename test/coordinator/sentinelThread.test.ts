/** What becomes of a sentinel that dies. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { SENTINEL_NEVER, SharedState } from '../../src/agent/sharedState.js';
import { SentinelThread, type SentinelSetup } from '../../src/coordinator/sentinelThread.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-sentinel-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test(
  'a sentinel that dies twice, attached or not, is given up, and no exit waits for it',
  { timeout: 20_000 },
  async () => {
    const file = join(folder, 'dies.cjs');
    writeFileSync(file, 'process.exit(1);');
    const shared = new SharedState();
    let starts = 0;
    const onStart = (): void => {
      starts++;
      shared.setAttached(true);
    };
    new SentinelThread(file, shared, () => ({}) as SentinelSetup, onStart).start();
    while (shared.sentinelThreadId !== SENTINEL_NEVER) await delay(10);
    assert.equal(starts, 2);
    assert.equal(shared.isAttached, false);
  },
);
