import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertOneLine } from '../cli/gmr.js';
import { gmrRun, outcome, RUN } from '../harness/gmrRun.js';
import { spawnFixture } from '../harness/spawn.js';

const BOUND = { timeout: 120_000 };
const LONGEST_MS = 100_000;
const node = process.execPath;
const isLinux = process.platform === 'linux' ? BOUND : { ...BOUND, skip: 'other processes are seen on Linux alone' };

test('stdin, stdout, stderr and the exit code are those of the command', BOUND, async () => {
  const code = "process.stdin.pipe(process.stdout); console.error('to stderr'); process.exitCode = 7";
  const done = await outcome(['--timeout', '100s', '--', node, '-e', code], { input: 'to stdout' });
  assert.deepEqual([done.code, done.stdout, done.stderr], [7, 'to stdout', 'to stderr\n']);
});

test('the command has the preload, what NODE_OPTIONS had, and the options as variables', BOUND, async () => {
  const code = `
    const { GMR_TASKS, GMR_LOG_DIR } = process.env;
    const isIn = Symbol.for('guru-meditation.agent') in globalThis;
    console.log(JSON.stringify({ GMR_TASKS, GMR_LOG_DIR, isIn, flags: process.allowedNodeEnvironmentFlags.size > 0, limit: Error.stackTraceLimit, title: process.title }));`;
  const done = await outcome(['--tasks', 'full', '--log-dir', '/tmp/with space', '--', node, '-e', code], {
    env: { NODE_OPTIONS: '--title=kept' },
  });
  assert.equal(done.stderr, '');
  const seen = JSON.parse(done.stdout) as Record<string, unknown>;
  assert.deepEqual(
    [seen['isIn'], seen['GMR_TASKS'], seen['GMR_LOG_DIR'], seen['title']],
    [true, 'full', '/tmp/with space', 'kept'],
  );
});

test('a command that a signal ends is 128 and its number, and a signal to gmr is handed on', BOUND, async () => {
  const killed = await outcome(['--', node, '-e', "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)"]);
  assert.equal(killed.code, 128 + 9);
  const code = "process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1000); console.log('ready')";
  const fixture = gmrRun(['--', node, '-e', code]);
  try {
    await fixture.ready();
    fixture.signal('SIGTERM');
    assert.deepEqual(await fixture.exited(), { code: 3, signal: null });
  } finally {
    await fixture.stop();
  }
});

test('wrong words, a wrong value and a command that is none are one line and 2', BOUND, async () => {
  for (const [words, expected] of [
    [[], /expected a command behind --, got none/],
    [['--timeout', 'soon', '--', 'true'], /--timeout: expected a time such as 90, 90s, 10m or 1h, got "soon"/],
    [['--tasks', 'some', '--', 'true'], /--tasks: expected off, handles, on or full, got "some"/],
    [['--', '/no/such/command'], /cannot be started: .*ENOENT/],
  ] as const) {
    const { code, stderr } = await outcome(words);
    assert.equal(code, 2, stderr);
    assertOneLine(stderr, expected);
  }
});

test(
  'a folder for pages is made, also below others; where none can be made that is said, and it is 124',
  isLinux,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-pages-'));
    const pages = join(folder, 'a', 'b');
    try {
      const program = ['--', node, '-e', 'setInterval(() => {}, 1000)'];
      const made = await outcome(['--timeout', '2s', '--html', pages, ...program]);
      assert.equal(made.code, 124, made.stderr);
      assert.match(readdirSync(pages).join(' '), /^\S+-\d+\.html$/);
      const none = await outcome(['--timeout', '2s', '--html', '/proc/none', ...program]);
      assert.equal(none.code, 124);
      assert.match(none.stderr, /^gmr: the HTML pages could not be written: ENOENT/m);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test(
  'when time is up every process of the tree is ended, stubborn ones and orphans too, and it is 124',
  isLinux,
  async () => {
    const bystander = spawnFixture("setInterval(() => {}, 1000); console.log('ready')", { timeoutMs: LONGEST_MS });
    await bystander.ready();
    const done = await outcome(['--timeout', '6s', '--', node, join(RUN, 'tree.mjs')]);
    try {
      assert.equal(done.code, 124, done.stderr);
      const pids = Object.fromEntries(
        [...done.stdout.matchAll(/^pid (\w+) (\d+)$/gm)].map(([, role, pid]) => [role, pid]),
      );
      assert.deepEqual(Object.keys(pids).sort(), ['between', 'first', 'orphan', 'stubborn']);
      for (const [role, pid] of Object.entries(pids)) assert.ok(!isAlive(Number(pid)), `${role} ${pid} still runs`);
      assert.ok(isAlive(bystander.pid), 'another process was ended');
      assert.match(done.stderr, /^gmr: time is up after 6 s; 3 of [34] Node\.js processes told what they do$/m);
      assert.match(done.stderr, /^gmr: ended 4 processes$/m);
      for (const role of ['first', 'orphan', 'stubborn'])
        assert.match(done.stderr, new RegExp(`^==== Guru Meditation ==== .* ${pids[role]} `, 'm'), role);
    } finally {
      await bystander.stop();
    }
  },
);

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('SIGUSR2 to gmr tells of its processes, and ends none', isLinux, async () => {
  const code = "setTimeout(() => {}, 30_000); console.log('ready')";
  const fixture = gmrRun(['--', node, '-e', code]);
  try {
    await fixture.ready();
    fixture.signal('SIGUSR2');
    await fixture.line(/^gmr: asked by SIGUSR2; 1 of 1 Node\.js process told/);
    await fixture.line(/^-- end /);
    fixture.signal('SIGTERM');
    assert.equal((await fixture.exited()).code, 128 + 15);
  } finally {
    await fixture.stop();
  }
});
