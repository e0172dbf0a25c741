import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { outcome, RUN } from '../harness/gmrRun.js';
import { ROOT } from '../harness/spawn.js';

const BOUND = { timeout: 110_000 };
const isLinux = process.platform === 'linux';
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const withVitest = existsSync(vitest) && isLinux ? BOUND : { ...BOUND, skip: 'Vitest is not here, or Linux is not' };

const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-run-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const pool of ['threads', 'forks'])
  test(`a Vitest run with ${pool} says which test awaits forever and which one spins`, withVitest, async () => {
    const summary = join(folder, `${pool}.md`);
    const done = await outcome(
      [
        '--timeout',
        '25s',
        '--github',
        '--markdown',
        summary,
        '--',
        process.execPath,
        vitest,
        'run',
        '--root',
        RUN,
      ].concat(['--no-cache', `--pool=${pool}`, '--maxWorkers=2']),
      { env: { GITHUB_WORKSPACE: ROOT } },
    );
    assert.equal(done.code, 124, done.stderr);
    const told = done.stderr.slice(0, done.stderr.indexOf('==== Guru'));
    const stuck = told.search(
      /^(?:STUCK|SLOW) {2,3}vitest \d+: (?:worker \d+|main) (?:spins|wants) [^]*?layout {2}\S*spins\.spec\.ts:5\b/m,
    );
    const waits = told.search(
      /^WAITS {2}vitest \d+: 1 x await, for .*\n {2}in {5}async fetchRates {2}\S*waits\.spec\.ts:\d+/m,
    );
    assert.ok(stuck >= 0 && waits > stuck, told);
    assert.match(done.stdout, /^::error file=test\/fixtures\/run\/spins\.spec\.ts,line=5,title=(?:Stuck|Slow)/m);
    assert.match(done.stdout, /^::error file=test\/fixtures\/run\/waits\.spec\.ts,line=\d+,title=Still awaited/m);
    assert.match(readFileSync(summary, 'utf8'), /fetchRates .*waits\.spec\.ts:\d+/);
  });

test('a run of node --test says which line awaits forever', isLinux ? BOUND : { skip: 'not Linux' }, async () => {
  const words = ['--timeout', '10s', '--github', '--', process.execPath, '--test', join(RUN, 'waits.mjs')];
  const done = await outcome(words, { env: { GITHUB_WORKSPACE: ROOT } });
  assert.equal(done.code, 124, done.stderr);
  assert.match(done.stdout, /^::error file=test\/fixtures\/run\/waits\.mjs,line=9,title=Still awaited/m);
  const block = /^WAITS {2}\S+ \d+: 1 x await, for .*\n.*fetchRates {2}\S*waits\.mjs:9\n.*9 \| await new Promise/m;
  assert.match(done.stderr, block);
});
