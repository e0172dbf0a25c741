/** Runs of node:test whose tests hang: the report names the file and the line. Vitest's have files of their own. */
import { join } from 'node:path';
import { test } from 'node:test';
import { FIXTURES } from '../harness/spawn.js';
import { assertStuckAt, assertWaitsAt, reportOf } from '../harness/testRuns.js';

const NODE_RUNS = join(FIXTURES, 'nodeTest');

test('node --test: a file in an endless loop is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'spins.mjs');
  assertStuckAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS' }), file);
});

test('node --test: a file that awaits forever is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'awaits.mjs');
  assertWaitsAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS' }), file);
});
