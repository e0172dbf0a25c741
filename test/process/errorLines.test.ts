/** What `gmr` says when something is wrong: one line that drives no terminal, and the exit code wherever it can be said. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listPids, readCommand } from '../../src/cli/procfs.js';
import { assertOneLine, gmr, GMR, plainEnvironment, stored } from '../cli/gmr.js';
import { untilInstalled } from '../harness/installed.js';
import { spawnFixture } from '../harness/spawn.js';

const BOUND = { timeout: 60_000, skip: process.platform !== 'linux' };
/** Above the largest that a kernel gives. */
const NOBODY = String(2 ** 22 - 1);
/** After so long without a turn a loop counts as stuck, beyond doubt. */
const HANGS_MS = 2500;
const EVIL = 'evil\u001b[31m\u009b31m\u202e\n';

/** Runs `gmr` with a full disk in place of stdout or stderr. */
function withFull(stream: 'stdout' | 'stderr', words: readonly string[]): { code: number | null; stderr: string } {
  const full = openSync('/dev/full', 'w');
  const stdio: StdioOptions = stream === 'stdout' ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full];
  try {
    const done = spawnSync(process.execPath, [GMR, ...words], { env: plainEnvironment(), stdio, timeout: 50_000 });
    return { code: done.status, stderr: String(done.stderr ?? '') };
  } finally {
    closeSync(full);
  }
}

test('a wrong word is one line, whatever is in it', BOUND, () => {
  for (const [words, expected] of [
    [[EVIL], /got evil\\u001b\[31m/],
    [['run', '--', `/none/${EVIL}`], /cannot be started/],
    [['show', '--thread', '-1', 'file'], /'--thread' argument is ambiguous/],
  ] as const) {
    const { code, stderr } = gmr(words);
    assert.equal(code, 2);
    assertOneLine(stderr, expected);
  }
});

test('the name that a process gives itself drives no terminal, and fills none', BOUND, async () => {
  for (const argv0 of [EVIL, 'long'.repeat(20_000)]) {
    const process = spawn('sleep', ['60'], { argv0, stdio: 'ignore' });
    try {
      await new Promise((resolve) => process.once('spawn', resolve));
      for (const [command, code] of [
        ['dump', 1],
        ['check', 3],
      ] as const) {
        const refused = gmr([command, String(process.pid)]);
        assert.equal(refused.code, code);
        assert.match(refused.stderr, /^gmr: [^\n]{1,1100}\n$/);
        assert.doesNotMatch(refused.stderr.slice(0, -1), /[\p{Cc}\u202e]/u);
        assert.match(refused.stderr, /it is not Node\.js but (?:evil|long)/);
      }
    } finally {
      process.kill('SIGKILL');
    }
  }
});

test('where stderr cannot be written the exit code is what it is', BOUND, () => {
  assert.equal(withFull('stderr', ['none']).code, 2);
  assert.equal(withFull('stderr', ['show', '/no/such/file']).code, 2);
  assert.equal(withFull('stderr', ['dump', NOBODY]).code, 1);
  assert.equal(withFull('stderr', ['check', NOBODY]).code, 3);
});

test('where stdout cannot be written that is said, and gmr check could not tell', BOUND, async () => {
  const help = withFull('stdout', ['--help']);
  assert.equal(help.code, 1);
  assertOneLine(help.stderr, /stdout cannot be written: ENOSPC.*\(GMR_OUTPUT\)/);
  const fixture = spawnFixture("setInterval(() => {}, 1000); console.log('ready')");
  try {
    await fixture.ready();
    const check = withFull('stdout', ['check', String(fixture.pid)]);
    assert.equal(check.code, 3);
    assertOneLine(check.stderr, /could not tell: stdout cannot be written: ENOSPC.*\(GMR_OUTPUT\)/);
  } finally {
    await fixture.stop();
  }
});

test('names in the JSON of gmr check and gmr tree drive no terminal', BOUND, async () => {
  const code = `const { Worker, isMainThread } = require("node:worker_threads");
    const spin = { ['spin\u009b31m\u202e']() { for (;;); } };
    if (isMainThread) { new Worker(__filename); setInterval(() => {}, 1000); console.log('ready'); }
    else setTimeout(spin['spin\u009b31m\u202e'], 100);`;
  const file = stored('names.cjs', code);
  const fixture = spawnFixture(file, { env: { GMR_SERVICE_NAME: 'name\u009b31m\u202e' } });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await delay(HANGS_MS);
    for (const command of ['check', 'tree']) {
      const { stdout, stderr } = gmr([command, '--json', String(fixture.pid)]);
      assert.match(stdout, /(?:spin|name)\\u009b31m\\u202e/, stderr);
      assert.doesNotMatch(stdout.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
    }
  } finally {
    await fixture.stop();
  }
});

test('words behind -- are no options', BOUND, () => {
  const { code, stderr } = gmr(['dump', '--', NOBODY]);
  assert.equal(code, 1);
  assertOneLine(stderr, /there is no such process/);
  assertOneLine(gmr(['show', '--', '-none']).stderr, /-none cannot be read/);
});

for (const stream of ['stdout', 'stderr'] as const)
  test(`gmr run ends the program in time where ${stream} cannot be written`, BOUND, async () => {
    const title = `gmr-errorLines-${process.pid}-${stream}`;
    const code = `process.title = '${title}'; setTimeout(() => { for (;;); }, 100)`;
    const words = ['run', '--timeout', '4s', '--github', '--', process.execPath, '-e', code];
    const { code: exitCode } = withFull(stream, words);
    const left = pidsNamed(title);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    assert.deepEqual([exitCode, left], [124, []]);
  });

function pidsNamed(title: string): number[] {
  return listPids().filter((pid) => readCommand(pid).join(' ').includes(title));
}
