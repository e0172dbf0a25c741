import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOneLine, GMR } from '../cli/gmr.js';
import { untilInstalled } from '../harness/installed.js';
import { spawnFixture, type Fixture } from '../harness/spawn.js';

const LONGEST_MS = 60_000;
const BOUND = {
  timeout: 120_000,
  skip: process.platform === 'linux' ? false : 'other processes are asked on Linux alone',
};

/** A worker that has hung for long enough to count as stuck, without needing a CPU for it, and awaits that pile up. */
const LEAKS = `
  const { Worker } = require('node:worker_threads');
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage('waits'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);", { eval: true });
  const held = [];
  async function waitsForever() { await new Promise((resolve) => held.push(resolve)); }
  setInterval(waitsForever, 50);
  worker.on('message', () => setTimeout(() => console.log('ready'), 1500));`;
const CALM = "setInterval(() => {}, 1000); console.log('ready')";

function gmr(...args: string[]): Fixture {
  return spawnFixture(GMR, { args, preload: 'none', timeoutMs: LONGEST_MS });
}

async function withTarget(code: string, look: (target: Fixture) => Promise<void>): Promise<void> {
  const target = spawnFixture(code, { timeoutMs: LONGEST_MS });
  try {
    await target.ready();
    await untilInstalled(target);
    await look(target);
    assert.equal(target.stderr, '', 'the process saw something of it');
  } finally {
    await target.stop();
  }
}

test('a series has a line a report, and ends with what is stuck and what grew', BOUND, () =>
  withTarget(LEAKS, async ({ pid }) => {
    const watching = gmr('watch', String(pid), '--every', '500ms', '--count', '3');
    const { code } = await watching.exited();
    const [lines = '', summary = ''] = watching.stdout.split('\n\n');
    const line = String.raw`\d\d:\d\d:\d\d {2}(?:STUCK|SLOW|WAITS) .* {2}\d+(?: or more| \([+-]\d+\))? pending {2}\d+.* MiB\n?`;
    assert.match(lines, new RegExp(`^(?:${line}){3}$`));
    assert.match(summary, /^3 reports in /);
    // On a machine that has no CPU to spare a report may not tell what hangs; then it is not said to.
    assert.equal(/^STUCK {2}worker \d+/m.test(summary), code === 1, watching.stdout);
    assert.match(summary, /^GREW {3}\d+ -> \d+ -> \d+ x (?:await, .*\n? *waitsForever|promise$)/m);
  }),
);

test('--json is the series as data, and a healthy process is 0', BOUND, () =>
  withTarget(CALM, async ({ pid }) => {
    const watching = gmr('watch', String(pid), '--every', '200ms', '--count', '2', '--json');
    assert.deepEqual(await watching.exited(), { code: 0, signal: null }, watching.stderr);
    const series = JSON.parse(watching.stdout) as { reports: number; hasEnded: boolean; diff: { subject: string } };
    assert.deepEqual([series.reports, series.hasEnded, series.diff.subject], [2, false, 'same-process']);
  }),
);

test('a process that ends while it is watched is said, with what was seen until then, and is 1', BOUND, () =>
  withTarget(CALM, async (target) => {
    const watching = gmr('watch', String(target.pid), '--every', '200ms');
    await watching.line(/pending/);
    await target.stop();
    assert.deepEqual(await watching.exited(), { code: 1, signal: null });
    assert.equal(watching.stderr, `gmr: process ${target.pid} ended while it was watched\n`);
  }),
);

test('Ctrl-C ends the series with its summary', BOUND, () =>
  withTarget(CALM, async ({ pid }) => {
    const watching = gmr('watch', String(pid), '--every', '100ms');
    await watching.line(/pending[^]*/);
    while (watching.stdout.split('pending').length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    watching.signal('SIGINT');
    assert.deepEqual(await watching.exited(), { code: 0, signal: null }, watching.stderr);
    assert.match(watching.stdout, /^Nothing is stuck from the first to the last\.$/m);
  }),
);

test('gmr diff --again looks twice: a hung worker is stuck, a healthy process is not', BOUND, async () => {
  await withTarget(LEAKS, async ({ pid }) => {
    const again = gmr('diff', '--again', String(pid));
    const exit = await again.exited();
    assert.deepEqual(exit, { code: 1, signal: null }, again.stdout + again.stderr);
    assert.match(again.stdout, /^STUCK {2}worker \d+, atomics-wait for .*: same stack$/m);
  });
  await withTarget(CALM, async ({ pid }) => {
    const again = gmr('diff', '--again', String(pid), '--every', '300ms', '--json');
    assert.deepEqual(await again.exited(), { code: 0, signal: null }, again.stderr);
    assert.equal((JSON.parse(again.stdout) as { subject: string }).subject, 'same-process');
  });
});

test('a process that is not there, and what is no process, are one line', BOUND, async () => {
  const gone = spawnFixture('process.exit()', {});
  await gone.exited();
  for (const [words, code, expected] of [
    [['watch', String(gone.pid)], 1, /there is no such process/],
    [['diff', '--again', String(gone.pid)], 1, /there is no such process/],
    [['watch', 'web'], 2, /watch: expected a process id, got web/],
    [['watch', '1', '2'], 2, /expected one process id, got 2/],
    [['watch', '1', '--every', '0'], 2, /--every: expected a time/],
    [['watch', '1', '--count', '0'], 2, /--count: expected a whole number from 1/],
    [['diff', '--again', '1', 'file'], 2, /expected no files with --again, got 1/],
  ] as const) {
    const refused = gmr(...words);
    assert.equal((await refused.exited()).code, code, words.join(' '));
    assertOneLine(refused.stderr, expected);
  }
});
