import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { Letter } from '../../src/cli/letter.js';
import { readTarget, type Target } from '../../src/cli/target.js';
import type { AskedRequest } from '../../src/coordinator/asking/request.js';
import type { Report } from '../../src/report/types.js';
import { gmr, startGmr, type Outcome } from '../harness/command.js';
import { untilInstalled } from '../harness/installed.js';
import { assertValid } from '../harness/schema.js';
import { assertQuiet, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const skip = process.platform !== 'linux';
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;
/** What is asked for while it lasts: main hears nothing, and there is no sentinel to hear it either. */
const DEAF = `console.log('ready'); setTimeout(() => { for (;;); }, 300);`;

const place = mkdtempSync(join(tmpdir(), 'guru-meditation-dump-'));
after(() => rmSync(place, { recursive: true, force: true }));

async function using(
  code: string,
  options: FixtureOptions,
  check: (fixture: Fixture, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(place, 'place-'));
  const env = { GMR_DIR: folder, GMR_FORMAT: 'json', ...options.env };
  const fixture = spawnFixture(code, { timeoutMs: 20_000, ...options, env });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await check(fixture, folder);
  } finally {
    await fixture.stop();
  }
}

function reportIn({ code, stdout, stderr }: Outcome): Report {
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assertValid(report);
  return report;
}

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

/** All that is in the request folder. */
function leftIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !/^guru-meditation-\d+$/.test(name));
}

test(
  'a healthy process gives gmr dump its report, prints nothing itself, and still answers the signal',
  { timeout: 60_000, skip },
  async () => {
    await using(TURNS, {}, async (fixture, folder) => {
      const report = reportIn(await gmr(['dump', fixture.pid, '--json']));
      assert.equal(report.process.pid, fixture.pid);
      assert.deepEqual(report.report.trigger, { kind: 'cli', detail: 'gmr' });
      assert.equal(report.report.collectedBy, 'main');
      assert.deepEqual(leftIn(folder), []);
      assert.equal(fixture.stderr, '');
      fixture.signal('SIGUSR2');
      assert.equal((await fixture.report()).report.trigger.kind, 'signal');
    });
  },
);

test('the text of gmr dump is that of the signal', { timeout: 60_000, skip }, async () => {
  await using(TURNS, {}, async (fixture) => {
    const { code, stdout, stderr } = await gmr(['dump', fixture.pid]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^==== Guru Meditation ====/);
    assert.match(stdout, /\n-- end .*\n$/);
  });
});

for (const [hang, state] of [
  ['main:spin', 'spinning'],
  ['main:park', 'atomics-wait'],
  ['main:execSync', 'native-wait'],
  ['worker:spin', 'spinning'],
  ['worker:execSync', 'native-wait'],
] as const) {
  test(`gmr dump reads a process with ${hang}`, { timeout: 60_000, skip }, async () => {
    await using('hangs.cjs', { args: [hang] }, async (fixture, folder) => {
      await new Promise((resolve) => setTimeout(resolve, 1300));
      const report = reportIn(await gmr(['dump', fixture.pid, '--json']));
      const thread = report.threads.find(({ role }) => role === hang.slice(0, hang.indexOf(':')));
      // Where the machine has no time for it, that is what is said.
      const isLet = state !== 'spinning' || thread?.state !== 'throttled';
      if (isLet) assert.equal(thread?.state, state);
      assert.equal(report.report.collectedBy, hang.startsWith('main') ? 'sentinel' : 'main');
      assert.deepEqual(leftIn(folder), []);
      assert.equal(fixture.stderr, '');
    });
  });
}

test(
  'two gmr dump at the same time both get a report, and the process prints none',
  { timeout: 60_000, skip },
  async () => {
    for (const hang of ['worker:idle', 'main:spin']) {
      await using('hangs.cjs', { args: [hang] }, async (fixture, folder) => {
        const outcomes = await Promise.all([1, 2, 3].map(() => gmr(['dump', fixture.pid, '--json'])));
        const reports = outcomes.map(reportIn);
        assert.equal(new Set(reports.map(({ report }) => report.id)).size, 3);
        assert.deepEqual(leftIn(folder), []);
        assert.equal(fixture.stderr, '');
      });
    }
  },
);

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

test('a request has options of its own: no tasks, another deadline', { timeout: 60_000, skip }, async () => {
  await using(`(async () => { await new Promise(() => {}); })(); ${TURNS}`, {}, async (fixture) => {
    const all = reportIn(await gmr(['dump', fixture.pid, '--json']));
    assert.ok(all.tasks.pending > 0);
    const none = reportIn(await gmr(['dump', fixture.pid, '--json', '--tasks', 'off', '--deadline', '5000']));
    assert.equal(none.tasks.pending, 0);
    assert.deepEqual(none.report.notRead, []);
    const again = reportIn(await gmr(['dump', fixture.pid, '--json', '--heap-scan', 'never']));
    assert.equal(again.tasks.pending, all.tasks.pending);
  });
});

test(
  'with another signal and a log directory gmr dump gets the report, and no file is written',
  { timeout: 60_000, skip },
  async () => {
    const logDir = mkdtempSync(join(place, 'logs-'));
    await using(TURNS, { env: { GMR_SIGNAL: 'SIGPWR', GMR_LOG_DIR: logDir } }, async (fixture) => {
      assert.equal(reportIn(await gmr(['dump', fixture.pid, '--json'])).process.pid, fixture.pid);
      assert.deepEqual(readdirSync(logDir), []);
      assert.equal(fixture.stderr, '');
    });
  },
);

test('a signal that setup() chose is found as well', { timeout: 60_000, skip }, async () => {
  const index = join(process.cwd(), 'dist/index.js');
  const code = `const { setup } = await import(${JSON.stringify(index)}); setup({ signal: 'SIGPWR' }); ${TURNS}`;
  await using(code, { preload: 'none', inputType: 'module' }, async (fixture) => {
    assert.equal(reportIn(await gmr(['dump', fixture.pid, '--json'])).process.pid, fixture.pid);
  });
});

test('gmr dump writes files for their owner alone, and says where it cannot', { timeout: 60_000, skip }, async () => {
  await using(TURNS, {}, async (fixture) => {
    const file = join(place, 'report.json');
    assert.deepEqual(await gmr(['dump', fixture.pid, '--json', '-o', file]), {
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    const shown = await gmr(['show', file]);
    assert.equal(shown.code, 0, shown.stderr);
    const { code, stderr } = await gmr(['dump', fixture.pid, '-o', join(place, 'none', 'report.txt')]);
    assert.equal(code, 1);
    assert.match(stderr, /^gmr: dump: .*cannot be written: ENOENT.* \(GMR_OUTPUT\)\n$/);
    // A full disk: one block is enough for a request, and not for a page.
    const through = ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh'];
    const page = join(place, 'report.html');
    const full = await gmr(['dump', fixture.pid, '--html', page], { through });
    assert.equal(full.code, 1);
    assert.match(full.stderr, /^gmr: dump: .*cannot be written: EFBIG.* \(GMR_OUTPUT\)\n$/);
    assert.equal(existsSync(page), false);
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
