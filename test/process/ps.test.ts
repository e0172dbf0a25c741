/** `gmr ps` asks every instrumented process of the machine, those of other tests too: this file runs while no other does. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { PsRow } from '../../src/cli/ps.js';
import { gmr } from '../harness/command.js';
import { untilInstalled } from '../harness/installed.js';
import { spawnFixture } from '../harness/spawn.js';

const skip = process.platform !== 'linux';
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;
/** After so long without a turn a loop counts as stuck, beyond doubt. */
const HANGS_MS = 2500;

test('gmr ps tells instrumented processes from others, and which are stuck', { timeout: 60_000, skip }, async () => {
  const place = mkdtempSync(join(tmpdir(), 'guru-meditation-ps-'));
  const bare = spawnFixture(TURNS, { preload: 'none' });
  const env = { GMR_DIR: place, GMR_SERVICE_NAME: 'billing-\u001B[31mapi\u009b' };
  const hangs = spawnFixture('hangs.cjs', { args: ['main:spin'], env, timeoutMs: 20_000 });
  try {
    await Promise.all([bare.ready(), hangs.ready()]);
    await untilInstalled(hangs);
    await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
    const { code, stdout, stderr } = await gmr(['ps', '--json']);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), /\p{Cc}/u);
    const rows = JSON.parse(stdout) as PsRow[];
    const [stuck, other] = [hangs.pid, bare.pid].map((pid) => rows.find((row) => row.pid === pid));
    assert.equal(stuck?.name, env.GMR_SERVICE_NAME);
    assert.equal(stuck?.instrumented, true);
    assert.equal(stuck?.stuck, true);
    assert.ok((stuck?.mainTurnedAgoMs ?? 0) > 0);
    assert.equal(stuck?.ppid, process.pid);
    assert.deepEqual([other?.instrumented, other?.stuck, other?.mainTurnedAgoMs], [false, null, null]);
    const { stdout: table } = await gmr(['ps', '--quick']);
    assert.match(table, /^PID +INSTRUMENTED +THREADS +CPU +MAIN TURNED +NAME\n/);
    assert.match(table, new RegExp(`^${hangs.pid} +yes +\\d+ +\\d+% +- +billing-\\\\u001b\\[31mapi\\\\u009b$`, 'm'));
    assert.equal(hangs.stderr, '', 'it prints no report');
  } finally {
    await Promise.all([bare.stop(), hangs.stop()]);
    rmSync(place, { recursive: true, force: true });
  }
});
