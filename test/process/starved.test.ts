/**
 * A process whose threads hardly get a CPU ends all the same when it ends while a report is taken: threads that are slow to
 * answer the inspector are waited for, and not taken for threads in native code.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { kernelNotRead } from '../../src/sentinel/kernelGaps.js';
import { spawnFixture } from '../harness/spawn.js';

const folder = mkdtempSync(join(tmpdir(), 'gmr-starved-'));
const busy = new Set<ChildProcess>();
after(() => {
  endBusy();
  rmSync(folder, { recursive: true, force: true });
});

/** A bound on a hang, not a time that is asked for: the wait at exit alone may take 12 s. */
const HANGS_MS = 30_000;
/** What hangs does so by then, and what does not is spared the rest, in ms. */
const STARVED_MS = 300;
/** Ends by itself, should nobody end it. */
const HOG = 'const until = Date.now() + 60_000; while (Date.now() < until);';
const WAYS = { exit: 'exits', terminate: 'terminates them' };

/** One for each CPU, which it has before all that is of the lowest priority. */
function keepBusy(): void {
  while (busy.size < availableParallelism()) busy.add(spawn(process.execPath, ['-e', HOG], { stdio: 'ignore' }));
}

function endBusy(): void {
  for (const child of busy) child.kill('SIGKILL');
  busy.clear();
}

describe('a process whose workers hardly get a CPU', { skip: kernelNotRead() ?? false }, () => {
  for (const [way, does] of Object.entries(WAYS)) {
    for (const ms of [400, 900]) {
      test(`ends when it ${does} ${ms} ms after a report was asked for`, { timeout: 90_000 }, async () => {
        const env = { GMR_LOG_DIR: mkdtempSync(join(folder, 'log-')) };
        keepBusy();
        const fixture = spawnFixture('starved.cjs', { args: [way, String(ms)], env, timeoutMs: HANGS_MS });
        try {
          await fixture.line(/^exit 3$/);
          await delay(STARVED_MS);
          endBusy();
          assert.deepEqual(await fixture.exited(), { code: 3, signal: null });
        } finally {
          endBusy();
          await fixture.stop();
        }
      });
    }
  }
});
