import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gmr } from '../harness/command.js';
import { leftIn, NO_PROCFS as skip, place, reportIn, TURNS, using } from '../harness/dump.js';

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
