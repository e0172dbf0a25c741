import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { CheckAnswer } from '../../src/coordinator/asking/check.js';
import { descendantsOf } from '../../src/cli/nodeProcesses.js';
import type { TreeEntry } from '../../src/view/processTree.js';
import { gmr } from '../harness/command.js';
import { untilInstalled } from '../harness/installed.js';
import { assertValid } from '../harness/schema.js';
import { FIXTURES, REGISTER, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const skip = process.platform !== 'linux';
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;
/** Longer than a loop may stand still before it counts as stuck, in ms. */
const HANGS_MS = 2500;

const place = mkdtempSync(join(tmpdir(), 'guru-meditation-check-'));
after(() => rmSync(place, { recursive: true, force: true }));

async function using(code: string, options: FixtureOptions, check: (fixture: Fixture) => Promise<void>): Promise<void> {
  const env = { GMR_DIR: place, GMR_FORMAT: 'json', ...options.env };
  const fixture = spawnFixture(code, { timeoutMs: 20_000, ...options, env });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await check(fixture);
    assert.equal(fixture.stderr, '', 'it prints no report');
  } finally {
    for (const { pid } of descendantsOf(fixture.pid)) process.kill(pid, 'SIGKILL');
    await fixture.stop();
  }
}

async function answerOf(fixture: Fixture): Promise<{ code: number | null; answer: CheckAnswer }> {
  const { code, stdout, stderr } = await gmr(['check', fixture.pid, '--json']);
  assert.doesNotMatch(stderr, /GMR_/);
  return { code, answer: JSON.parse(stdout) as CheckAnswer };
}

function stateOf(answer: CheckAnswer, threadId: number): string | undefined {
  return answer.threads.find((thread) => thread.threadId === threadId)?.state;
}

test('gmr check finds nothing stuck in a process whose loops turn', { timeout: 60_000, skip }, async () => {
  await using('hangs.cjs', { args: ['worker:idle'] }, async (fixture) => {
    const { code, answer } = await answerOf(fixture);
    assert.equal(code, 0);
    assert.deepEqual(
      answer.threads.map(({ state }) => state),
      ['turns', 'turns'],
    );
    const { stdout } = await gmr(['check', fixture.pid]);
    assert.match(stdout, /^nothing is stuck: 2 threads, main turned its loop .* ago\n$/);
  });
});

for (const hang of ['main:spin', 'main:execSync', 'main:park', 'worker:spin', 'worker:execSync']) {
  test(`gmr check finds ${hang}`, { timeout: 60_000, skip }, async () => {
    await using('hangs.cjs', { args: [hang] }, async (fixture) => {
      await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
      const { code, answer } = await answerOf(fixture);
      const state = stateOf(answer, hang.startsWith('main') ? 0 : 2);
      // Where a machine does not let a worker run, nobody can tell whether it would turn its loop.
      assert.ok(hang === 'worker:spin' ? code === 1 || code === 3 : code === 1, JSON.stringify(answer));
      assert.equal(state, code === 1 ? 'stuck' : 'unknown');
      assert.match((await gmr(['check', fixture.pid])).stdout, /^(?:STUCK|UNSURE): \S/);
    });
  });
}

test(
  'workers that their pool has parked are no alarm, asked once or again; one that then hangs is',
  { timeout: 90_000, skip },
  async () => {
    const code = `const { Piscina } = require('piscina');
      const pool = new Piscina({ filename: ${JSON.stringify(join(FIXTURES, 'piscinaWorker.cjs'))}, minThreads: 1, maxThreads: 1 });
      pool.run({}, { name: 'quick' }).then(() => console.log('ready'));
      process.once('SIGPWR', () => { pool.run({}, { name: 'child' }).catch(() => {}); console.log('submitted'); });
      setInterval(() => {}, 1e6);`;
    await using(code, {}, async (fixture) => {
      await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
      for (const _ of [1, 2, 3]) {
        const { code: exitCode, answer } = await answerOf(fixture);
        assert.deepEqual(answer.threads.map(({ state }) => state).sort(), ['parked', 'turns']);
        assert.equal(exitCode, 0);
      }
      fixture.signal('SIGPWR');
      await fixture.line(/^submitted$/);
      await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
      const { code: exitCode, answer } = await answerOf(fixture);
      assert.equal(exitCode, 1, JSON.stringify(answer));
    });
  },
);

test('a process that was stopped has had no time to turn its loop', { timeout: 60_000, skip }, async () => {
  await using(TURNS, {}, async (fixture) => {
    fixture.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
    assert.equal((await gmr(['check', fixture.pid])).code, 3);
    fixture.signal('SIGCONT');
    const { code, answer } = await answerOf(fixture);
    assert.equal(code, 0, JSON.stringify(answer));
  });
});

test(
  'gmr check could not tell without heartbeats, without the package, of a pid that is gone',
  { timeout: 60_000, skip },
  async () => {
    await using(TURNS, { env: { GMR_HEARTBEAT_MS: 'off' } }, async (fixture) => {
      assert.equal((await answerOf(fixture)).code, 3);
    });
    const bare = spawnFixture(TURNS, { preload: 'none' });
    await bare.ready();
    const { code, stderr } = await gmr(['check', bare.pid]);
    assert.equal(code, 3);
    assert.match(stderr, /^gmr: could not tell: .* \(GMR_TARGET\)\n$/);
    await bare.stop();
    assert.equal((await gmr(['check', bare.pid])).code, 3);
    assert.equal((await gmr(['check', 'x'])).code, 2);
  },
);

test('without a sentinel main answers for all', { timeout: 60_000, skip }, async () => {
  await using(TURNS, { env: { GMR_SENTINEL: 'off' } }, async (fixture) => {
    assert.equal((await answerOf(fixture)).code, 0);
  });
});

test(
  'gmr tree gives one report a process, worst first, and says which have none',
  { timeout: 90_000, skip },
  async () => {
    const code = `const { spawn } = require('node:child_process');
    const start = (flags, code) => spawn(process.execPath, [...flags, '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ours = ['--require', ${JSON.stringify(REGISTER)}];
    const children = [start(ours, 'console.log(1); setInterval(() => {}, 1000)'),
      start(ours, 'console.log(1); setTimeout(function hang() { for (;;); }, 300)'),
      start([], 'console.log(1); setInterval(() => {}, 1000)')];
    let started = 0;
    for (const child of children) child.stdout.once('data', () => { if (++started === 3) console.log('ready'); });`;
    await using(code, {}, async (fixture) => {
      await new Promise((resolve) => setTimeout(resolve, HANGS_MS));
      const { code: exitCode, stdout, stderr } = await gmr(['tree', fixture.pid, '--json']);
      assert.equal(exitCode, 0, stderr);
      const entries = JSON.parse(stdout) as TreeEntry[];
      assert.equal(entries.length, 4);
      const [worst] = entries;
      assert.ok(worst !== undefined);
      const [hung] = worst.report?.threads ?? [];
      assert.ok(
        hung?.stack.some((frame) => frame.function === 'hang'),
        JSON.stringify(hung),
      );
      assert.equal(worst.ppid, fixture.pid);
      for (const { report } of entries.slice(0, 3)) assertValid(report);
      assert.match(entries[3]?.why ?? '', /started without/);
      const { stdout: text } = await gmr(['tree', fixture.pid]);
      const heads = text.slice(0, text.indexOf('\n\n')).split('\n');
      assert.equal(heads.length, 4);
      assert.match(heads[0] ?? '', new RegExp(`^${worst.pid} `));
      assert.doesNotMatch(heads[0] ?? '', /nothing looks stuck/);
      assert.match(heads[3] ?? '', /^\d+ .*not read: .*started without/);
      assert.equal(text.split('==== Guru Meditation ====').length, 4);
    });
    assert.equal((await gmr(['tree', 'x'])).code, 2);
    assert.equal((await gmr(['tree', 4_000_000])).code, 1);
  },
);
