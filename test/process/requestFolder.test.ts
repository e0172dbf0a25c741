/** The folder of requests where the machine is not as one would like: umasks, a full disk, what somebody else left in it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readStat } from '../../src/cli/procfs.js';
import { requestName } from '../../src/coordinator/asking/request.js';
import { gmr, type CommandOptions } from '../harness/command.js';
import { untilInstalled } from '../harness/installed.js';
import { spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const skip = process.platform !== 'linux';
const isRoot = process.geteuid?.() === 0;
/** `nobody`, on every Linux. */
const OTHER_UID = 65_534;
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;

const place = mkdtempSync(join(tmpdir(), 'guru-meditation-folder-'));
chmodSync(place, 0o755);
after(() => rmSync(place, { recursive: true, force: true }));

async function using(
  options: FixtureOptions,
  check: (fixture: Fixture, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(place, 'place-'));
  chmodSync(folder, 0o777);
  const fixture = spawnFixture(TURNS, { timeoutMs: 20_000, ...options, env: { GMR_DIR: folder } });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await check(fixture, folder);
    assert.equal(fixture.stderr, '', 'it prints no report');
  } finally {
    await fixture.stop();
  }
}

function shell(command: string): string[] {
  return ['sh', '-c', `${command}; exec "$@"`, 'sh'];
}

async function assertAnswered(fixture: Fixture, options: CommandOptions = {}): Promise<void> {
  const { code, stdout, stderr } = await gmr(['dump', fixture.pid], options);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^==== Guru Meditation ====/);
}

test(
  'the umask of neither side keeps the other one from its files',
  { timeout: 90_000, skip: skip || !isRoot },
  async () => {
    const asUser = `exec setpriv --reuid=${OTHER_UID} --regid=${OTHER_UID} --clear-groups "$@"`;
    for (const umask of ['0777', '0', '0277']) {
      const through = ['sh', '-c', `umask ${umask}; ${asUser}`, 'sh'];
      await using({ through }, async (fixture) => {
        await assertAnswered(fixture, { uid: OTHER_UID, through: shell(`umask ${umask}`) });
        await assertAnswered(fixture);
      });
    }
  },
);

test('what cannot be written whole is taken away again', { timeout: 90_000, skip }, async () => {
  await using({}, async (fixture, folder) => {
    const { code, stderr } = await gmr(['dump', fixture.pid], { through: shell('ulimit -f 0') });
    assert.equal(code, 1);
    assert.match(stderr, /no folder for a request .*EFBIG/);
    assert.deepEqual(readdirSync(join(folder, `guru-meditation-${process.geteuid?.()}`)), []);
  });
});

test(
  'a file in place of the request that is too large for one keeps nobody waiting',
  { timeout: 90_000, skip },
  async () => {
    await using({}, async (fixture, folder) => {
      const own = join(folder, `guru-meditation-${process.geteuid?.()}`);
      mkdirSync(own, { mode: 0o700 });
      writeFileSync(join(own, requestName(fixture.pid, readStat(fixture.pid)?.startTime ?? '')), 'x'.repeat(1_000_000));
      await assertAnswered(fixture);
      assert.deepEqual(readdirSync(own), []);
    });
  },
);
