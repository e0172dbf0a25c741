/** A Vitest run with a test that awaits forever and one that spins, started by `gmr run`; each pool has a test file of its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { outcome, RUN } from './gmrRun.js';
import { ROOT } from './spawn.js';

const BOUND = { timeout: 110_000 };
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const isHere = existsSync(vitest) && process.platform === 'linux';
const withVitest = isHere ? BOUND : { ...BOUND, skip: 'Vitest is not here, or Linux is not' };

/** On a machine that has other work Vitest takes many times as long to come to its tests as on one that has none. */
const TIME = '25s';

export function testVitestRun(pool: 'threads' | 'forks'): void {
  const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-run-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test(`a Vitest run with ${pool} says which test awaits forever and which one spins`, withVitest, async () => {
    const summary = join(folder, 'summary.md');
    const vitestWords = ['run', '--root', RUN, '--no-cache', `--pool=${pool}`, '--maxWorkers=2'];
    const words = [
      '--timeout',
      TIME,
      '--github',
      '--markdown',
      summary,
      '--',
      process.execPath,
      vitest,
      ...vitestWords,
    ];
    const done = await outcome(words, { env: { GITHUB_WORKSPACE: ROOT } });
    assert.equal(done.code, 124, done.stderr);
    const told = done.stderr.slice(0, done.stderr.indexOf('==== Guru'));
    const stuck = told.search(
      /^(?:STUCK|SLOW) {2,3}\S+ \d+: (?:worker \d+|main)(?: of pool \S+)? (?:spins|wants) [^]*?layout {2}\S*spins\.spec\.ts:5\b/m,
    );
    const waits = told.search(
      /^WAITS {2}\S+ \d+: 1 x await, for .*\n {2}in {5}async fetchRates {2}\S*waits\.spec\.ts:\d+/m,
    );
    assert.ok(stuck >= 0 && waits > stuck, done.stderr);
    assert.match(done.stdout, /^::error file=test\/fixtures\/run\/spins\.spec\.ts,line=5,title=(?:Stuck|Slow)/m);
    assert.match(done.stdout, /^::error file=test\/fixtures\/run\/waits\.spec\.ts,line=\d+,title=Still awaited/m);
    assert.match(readFileSync(summary, 'utf8'), /fetchRates .*waits\.spec\.ts:\d+/);
  });
}
