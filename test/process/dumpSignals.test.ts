/** `gmr dump` and signals: whose signal takes which request, and who waits for whom. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Letter } from '../../src/cli/letter.js';
import { readTarget, type Target } from '../../src/cli/target.js';
import type { AskedRequest } from '../../src/coordinator/asking/request.js';
import { gmr, startGmr } from '../harness/command.js';
import { leftIn, NO_PROCFS as skip, reportIn, TURNS, using } from '../harness/dump.js';
import { assertQuiet } from '../harness/spawn.js';

/** What is asked for while it lasts: main hears nothing, and there is no sentinel to hear it either. */
const DEAF = `console.log('ready'); setTimeout(() => { for (;;); }, 300);`;

function requestTo(target: Target, id: string): AskedRequest {
  return {
    format: 'guru-meditation.request',
    formatVersion: 1,
    id,
    kind: 'report',
    pid: target.innerPid,
    startTime: target.startTime,
    until: Date.now() + 30_000,
    deadline: null,
    heapScan: null,
    tasks: true,
  };
}

test('a request is taken by its own signal, not by that of the one before', { timeout: 60_000, skip }, async () => {
  await using(TURNS, {}, async (fixture) => {
    const target = readTarget(fixture.pid);
    const leave = (id: string): Letter => {
      const letter = Letter.leave(target, requestTo(target, id));
      assert.ok(letter !== null);
      return letter;
    };
    const first = leave('first');
    fixture.signal('SIGUSR2');
    while (!first.isTaken) await new Promise((resolve) => setTimeout(resolve, 1));
    const second = leave('second');
    // Longer than the sentinel waits to see whether main hears the signal.
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(second.isTaken, false);
    fixture.signal('SIGUSR2');
    while (second.takeAnswer() === null) await new Promise((resolve) => setTimeout(resolve, 10));
    first.withdraw(true);
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(fixture.stderr, '');
  });
});

test('gmr dump of a process that dies meanwhile says so', { timeout: 60_000, skip }, async () => {
  await using(DEAF, { env: { GMR_SENTINEL: 'off' } }, async (fixture, folder) => {
    const command = startGmr(['dump', fixture.pid], {
      onStderr: (text) => void (text.includes('waits') && fixture.signal('SIGKILL')),
    });
    const { code, stdout, stderr } = await command.ended;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /gmr: process \d+ cannot be asked: it ended while it was asked \(GMR_TARGET\)\n$/);
    assert.deepEqual(leftIn(folder), []);
  });
});

test(
  'gmr dump gives up on a process that hears nothing; it says what it waits for, and Ctrl-C ends it at once',
  { timeout: 60_000, skip },
  async () => {
    await using(DEAF, { env: { GMR_SENTINEL: 'off', GMR_DEADLINE_MS: '200' } }, async (fixture, folder) => {
      const waiting = startGmr(['dump', fixture.pid], {
        onStderr: (text) => void (text.includes('waits for process') && waiting.kill('SIGINT')),
      });
      assert.equal((await waiting.ended).signal, 'SIGINT');
      assert.deepEqual(
        leftIn(folder).filter((name) => name.endsWith('.answer')),
        [],
      );
      const { code, stderr } = await gmr(['dump', fixture.pid]);
      assert.equal(code, 1);
      assert.match(stderr, /did not hear the signal in time .*\(GMR_TIMEOUT\)\n$/);
      assert.equal(fixture.process.exitCode, null);
    });
  },
);

test(
  'a process that wakes up after the asker has gone prints no report, and answers the next one',
  { timeout: 60_000, skip },
  async () => {
    const code = `console.log('ready'); setTimeout(() => { const end = Date.now() + 6000; while (Date.now() < end);
      console.log('awake'); setInterval(() => {}, 1000); }, 300);`;
    await using(code, { env: { GMR_SENTINEL: 'off' } }, async (fixture) => {
      const waiting = startGmr(['dump', fixture.pid], {
        onStderr: (text) => void (text.includes('waits for process') && waiting.kill('SIGINT')),
      });
      await waiting.ended;
      await fixture.line(/^awake$/);
      assert.equal(reportIn(await gmr(['dump', fixture.pid, '--json'])).report.trigger.kind, 'cli');
      assert.equal(fixture.stderr, '');
      assertQuiet(fixture.stderr);
    });
  },
);

test(
  'a signal that comes while main makes a report for gmr is answered by one of its own',
  { timeout: 60_000, skip },
  async () => {
    const slow = `const { registerSection } = await import(${JSON.stringify(join(process.cwd(), 'dist/index.js'))});
      registerSection('Slow', () => { console.log('asked'); return new Promise((resolve) => setTimeout(resolve, 3000)); });
      ${TURNS}`;
    await using(slow, { inputType: 'module' }, async (fixture) => {
      const dump = gmr(['dump', fixture.pid, '--json', '--deadline', '5000']);
      await fixture.line(/^asked$/);
      fixture.signal('SIGUSR2');
      assert.equal(reportIn(await dump).report.trigger.kind, 'cli');
      assert.equal((await fixture.report()).report.trigger.kind, 'signal');
      assert.doesNotMatch(fixture.stderr, /GMR_BUSY/);
    });
  },
);

test(
  'a signal that comes while the sentinel makes a report for gmr is answered by one of its own',
  { timeout: 60_000, skip },
  async () => {
    await using('hangs.cjs', { args: ['main:spin'] }, async (fixture, folder) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const dump = gmr(['dump', fixture.pid, '--json']);
      const own = join(folder, `guru-meditation-${process.geteuid?.()}`);
      const isWaiting = (): boolean => existsSync(own) && readdirSync(own).some((name) => name.endsWith('.request'));
      // The sentinel gives main the grace before it takes the request, so it is there to be seen.
      while (!isWaiting()) await new Promise((resolve) => setTimeout(resolve, 1));
      while (isWaiting()) await new Promise((resolve) => setTimeout(resolve, 1));
      fixture.signal('SIGUSR2');
      assert.equal((await fixture.report()).report.trigger.kind, 'signal');
      assert.equal(reportIn(await dump).report.trigger.kind, 'cli');
    });
  },
);
