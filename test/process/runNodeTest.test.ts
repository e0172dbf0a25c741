import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { outcome, RUN } from '../harness/gmrRun.js';
import { ROOT } from '../harness/spawn.js';

const BOUND = { timeout: 110_000 };
const isLinux = process.platform === 'linux';

test('a run of node --test says which line awaits forever', isLinux ? BOUND : { skip: 'not Linux' }, async () => {
  const words = ['--timeout', '10s', '--github', '--', process.execPath, '--test', join(RUN, 'waits.mjs')];
  const done = await outcome(words, { env: { GITHUB_WORKSPACE: ROOT } });
  assert.equal(done.code, 124, done.stderr);
  assert.match(done.stdout, /^::error file=test\/fixtures\/run\/waits\.mjs,line=9,title=Still awaited/m);
  const block = /^WAITS {2}\S+ \d+: 1 x await, for .*\n.*fetchRates {2}\S*waits\.mjs:9\n.*9 \| await new Promise/m;
  assert.match(done.stderr, block);
});
