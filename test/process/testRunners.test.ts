/** Runs of node:test whose tests hang: the report names the file and the line. Vitest's have files of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FIXTURES } from '../harness/spawn.js';
import { assertStuckAt, assertWaitsAt, reportOf } from '../harness/testRuns.js';

const NODE_RUNS = join(FIXTURES, 'nodeTest');

/** On Node 26 the runner passes `--report-signal` to its children, so that Node writes a report of its own to where they run. */
const cwd = mkdtempSync(join(tmpdir(), 'gmr-runs-'));
after(() => rmSync(cwd, { recursive: true, force: true }));

test('node --test: a file in an endless loop is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'spins.mjs');
  assertStuckAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS', cwd }), file);
});

test('node --test: a file that awaits forever is named with its line', { timeout: 150_000 }, async () => {
  const file = join(NODE_RUNS, 'awaits.mjs');
  assertWaitsAt(await reportOf(file, { execArgv: ['--test'], preload: 'NODE_OPTIONS', cwd }), file);
});
