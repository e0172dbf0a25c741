import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { requestName } from '../../src/coordinator/asking/request.js';
import { startTimeIn } from '../../src/coordinator/asking/take.js';
import { descendantsOf } from '../../src/cli/nodeProcesses.js';
import type { Report } from '../../src/report/types.js';
import { gmr } from '../harness/command.js';
import { untilInstalled } from '../harness/installed.js';
import { REGISTER, spawnFixture, type Fixture, type FixtureOptions } from '../harness/spawn.js';

const skip = process.platform !== 'linux';
const isRoot = process.geteuid?.() === 0;
/** `nobody`, on every Linux. */
const OTHER_UID = 65_534;
const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;

const place = mkdtempSync(join(tmpdir(), 'guru-meditation-targets-'));
chmodSync(place, 0o755);
after(() => rmSync(place, { recursive: true, force: true }));

async function using(
  code: string,
  options: FixtureOptions,
  check: (fixture: Fixture, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(place, 'place-'));
  chmodSync(folder, 0o777);
  const env = { GMR_DIR: folder, GMR_FORMAT: 'json', ...options.env };
  const fixture = spawnFixture(code, { timeoutMs: 20_000, ...options, env });
  try {
    await fixture.ready();
    if (options.preload !== 'none') await untilInstalled(fixture);
    await check(fixture, folder);
  } finally {
    await fixture.stop();
  }
}

async function assertRefused(words: readonly (string | number)[], pattern: RegExp, uid?: number): Promise<void> {
  const { code, stdout, stderr } = await gmr(['dump', ...words], uid === undefined ? {} : { uid });
  assert.equal(stdout, '');
  assert.match(stderr, /^gmr: [^\n]+\n$/);
  assert.match(stderr, pattern);
  assert.equal(code, 1);
}

/** It turns its loop after all that was done to it. */
async function assertLives(fixture: Fixture): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([fixture.process.exitCode, fixture.process.signalCode], [null, null]);
  process.kill(fixture.pid, 0);
}

async function pidOf(words: readonly (string | number)[]): Promise<number> {
  const { code, stdout, stderr } = await gmr(['dump', '--json', ...words]);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as Report).process.pid;
}

test(
  'a process without the package, which the signal would end, is left alone',
  { timeout: 60_000, skip },
  async () => {
    await using(TURNS, { preload: 'none' }, async (fixture) => {
      await assertRefused([fixture.pid], /started without guru-meditation.*gmr dump --attach \d+ \(GMR_TARGET\)/);
      await assertLives(fixture);
    });
  },
);

test('a process that handles the signal for itself does not get it', { timeout: 60_000, skip }, async () => {
  const listens = `process.on('SIGUSR2', () => console.log('heard')); ${TURNS}`;
  await using(listens, { preload: 'none' }, async (fixture) => {
    await assertRefused([fixture.pid], /GMR_TARGET/);
    await assertLives(fixture);
    assert.doesNotMatch(fixture.stdout, /heard/);
  });
  await using(listens, {}, async (fixture) => {
    await assertRefused([fixture.pid], /listens to no signal that asks for a report/);
    await assertLives(fixture);
    assert.doesNotMatch(fixture.stdout, /heard/);
  });
});

test('a process with GMR=off, or whose signal is off, is left alone', { timeout: 60_000, skip }, async () => {
  await using(TURNS, { env: { GMR: 'off' } }, async (fixture) => {
    await assertRefused([fixture.pid], /started without/);
    await assertLives(fixture);
  });
  await using(TURNS, { env: { GMR_SIGNAL: 'none' } }, async (fixture) => {
    await assertRefused([fixture.pid], /listens to no signal/);
    await assertLives(fixture);
  });
});

test(
  'a process that may not take a request out of a folder is not asked, and prints nothing',
  { timeout: 60_000, skip: skip || !process.allowedNodeEnvironmentFlags.has('--permission') },
  async () => {
    const execArgv = ['--permission', '--allow-worker', '--allow-fs-read=*', '--no-warnings'];
    await using(TURNS, { execArgv }, async (fixture) => {
      await assertRefused([fixture.pid], /listens to no signal/);
      await assertLives(fixture);
      assert.equal(fixture.stderr, '');
    });
    await using(TURNS, { execArgv: [...execArgv, '--allow-fs-write=*'] }, async (fixture) => {
      assert.equal(await pidOf([fixture.pid]), fixture.pid);
    });
  },
);

test('a pid that is gone, no pid, not Node.js, or stopped is one line', { timeout: 60_000, skip }, async () => {
  const shell = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  await assertRefused([shell], /there is no such process/);
  for (const word of ['0', '-1x', 'abc', '99999999', '1e3']) {
    const { code, stderr } = await gmr(['dump', '--', word].filter((one) => one !== '--'));
    assert.equal(code, 2, word);
    assert.match(stderr, /^gmr: .*\(GMR_USAGE\)\n$/);
  }
  assert.equal((await gmr(['dump', 1, 2])).code, 2);
  assert.equal((await gmr(['dump', '--deadline', '1', process.pid])).code, 2);
  assert.equal((await gmr(['dump', '--tasks', 'maybe', process.pid])).code, 2);
  await using(TURNS, {}, async (fixture) => {
    fixture.signal('SIGSTOP');
    await assertRefused([fixture.pid], /it is stopped/);
    fixture.signal('SIGCONT');
    assert.equal(await pidOf([fixture.pid]), fixture.pid);
  });
});

test(
  'who has another user is refused, and root acts as that user',
  { timeout: 60_000, skip: skip || !isRoot },
  async () => {
    await using(TURNS, {}, async (fixture) => {
      await assertRefused([fixture.pid], /it belongs to user 0, and this is user 65534/, OTHER_UID);
      await assertLives(fixture);
      assert.equal(fixture.stderr, '');
    });
    // It gives up its user before it runs anything, so that nobody may look into it but root.
    const code = `process.setgid(${OTHER_UID}); process.setuid(${OTHER_UID}); ${TURNS}`;
    await using(code, {}, async (fixture, folder) => {
      assert.equal(await pidOf([fixture.pid]), fixture.pid);
      assert.deepEqual(readdirSync(folder), [`guru-meditation-${OTHER_UID}`]);
    });
  },
);

test(
  'a folder that is not to be trusted is passed over on both sides',
  { timeout: 90_000, skip: skip || !isRoot },
  async () => {
    const bad: ((folder: string) => void)[] = [
      (folder) => {
        mkdirSync(folder, { mode: 0o700 });
        chownSync(folder, OTHER_UID, OTHER_UID);
      },
      (folder) => {
        mkdirSync(folder);
        chmodSync(folder, 0o777);
      },
      (folder) => {
        mkdirSync(`${folder}-elsewhere`, { mode: 0o700 });
        symlinkSync(`${folder}-elsewhere`, folder);
      },
    ];
    for (const make of bad) {
      await using(TURNS, {}, async (fixture, folder) => {
        const own = join(folder, 'guru-meditation-0');
        make(own);
        assert.equal(await pidOf([fixture.pid]), fixture.pid);
        assert.deepEqual(readdirSync(own), []);
        // What lies there is nobody's request either: the signal means what it always does.
        const startTime = startTimeOf(fixture.pid);
        const request = {
          kind: 'report',
          pid: fixture.pid,
          startTime,
          id: 'a',
          until: Date.now() + 60_000,
          tasks: true,
        };
        const whole = {
          ...request,
          format: 'guru-meditation.request',
          formatVersion: 1,
          deadline: null,
          heapScan: null,
        };
        writeFileSync(join(own, requestName(fixture.pid, startTime)), JSON.stringify(whole));
        writeFileSync(join(own, `${fixture.pid}-${startTime}-a.answer`), '');
        fixture.signal('SIGUSR2');
        assert.equal((await fixture.report()).report.trigger.kind, 'signal');
      });
    }
  },
);

test('where the first place cannot be written the next one serves', { timeout: 60_000, skip }, async () => {
  for (const GMR_DIR of ['/proc/none', 'relative', join(place, 'none')]) {
    await using(TURNS, { env: { GMR_DIR } }, async (fixture) => {
      assert.equal(await pidOf([fixture.pid]), fixture.pid);
      assert.equal(fixture.stderr, '');
    });
  }
});

test('what is no request in the request folder is as good as none', { timeout: 90_000, skip }, async () => {
  const hostile: ((file: string) => void)[] = [
    (file) => writeFileSync(file, 'x'.repeat(2_000_000)),
    (file) => writeFileSync(file, '{"format":"guru-meditation.request"'),
    (file) => writeFileSync(file, 'null'),
    (file) => writeFileSync(file, '[]'),
    (file) => execFileSync('mkfifo', [file]),
    (file) => symlinkSync('/dev/zero', file),
    (file) => mkdirSync(file),
  ];
  await using(TURNS, {}, async (fixture, folder) => {
    const own = join(folder, `guru-meditation-${process.geteuid?.()}`);
    mkdirSync(own, { mode: 0o700 });
    const file = join(own, requestName(fixture.pid, startTimeOf(fixture.pid)));
    for (const make of hostile) {
      make(file);
      fixture.signal('SIGUSR2');
      assert.equal((await fixture.report()).report.trigger.kind, 'signal', String(make));
      rmSync(file, { recursive: true, force: true });
    }
    assert.equal(await pidOf([fixture.pid]), fixture.pid);
  });
});

test(
  'a process in a namespace of its own is found by the number it has here',
  { timeout: 60_000, skip: skip || !canUnshare() },
  async () => {
    const through = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    await using(TURNS, { through }, async (fixture) => {
      const inner = descendantsOf(fixture.pid)[0]?.pid ?? -1;
      await untilInstalled({ ...fixture, pid: inner });
      const { code, stdout, stderr } = await gmr(['dump', inner, '--json']);
      assert.equal(code, 0, stderr);
      assert.equal((JSON.parse(stdout) as Report).process.pid, 1);
      // `unshare` itself is no Node.js, and stands for what it has started.
      assert.equal(await pidOf([fixture.pid]), 1);
    });
  },
);

test('a launcher stands for what it has started', { timeout: 90_000, skip }, async () => {
  const project = mkdtempSync(join(place, 'project-'));
  writeFileSync(join(project, 'server.js'), TURNS);
  const start = `node --require ${REGISTER} server.js`;
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'launched', scripts: { start } }));
  const code = `const { spawn } = require('node:child_process');
    spawn('npm', ['start'], { cwd: ${JSON.stringify(project)}, stdio: 'inherit', detached: false });`;
  await using(code, { preload: 'none' }, async (fixture) => {
    const { code: exitCode, stdout, stderr } = await gmr(['dump', fixture.pid, '--json']);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^gmr: process \d+ is not instrumented; \d+ below it is: server.js\n/);
    const { pid } = (JSON.parse(stdout) as Report).process;
    process.kill(pid, 'SIGKILL');
  });
});

test(
  'of a launcher whose program has no package, that program is named for --attach',
  { timeout: 90_000, skip },
  async () => {
    const project = mkdtempSync(join(place, 'bare-'));
    writeFileSync(join(project, 'server.js'), `${TURNS} console.log('server', process.pid)`);
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'bare', scripts: { start: 'node server.js' } }),
    );
    const code = `const { spawn } = require('node:child_process');
    const npm = spawn('npm', ['start'], { cwd: ${JSON.stringify(project)}, stdio: 'inherit' });
    console.log('npm', npm.pid);`;
    await using(code, { preload: 'none' }, async (fixture) => {
      const [, npm = ''] = /^npm (\d+)$/.exec(await fixture.line(/^npm \d+$/)) ?? [];
      const [, server = ''] = /^server (\d+)$/.exec(await fixture.line(/^server \d+$/)) ?? [];
      const { code: exitCode, stderr } = await gmr(['dump', npm]);
      process.kill(Number(server), 'SIGKILL');
      assert.equal(exitCode, 1);
      assert.match(stderr, new RegExp(`^gmr: process ${npm} has started ${server}: server\\.js\n`));
      assert.match(stderr, new RegExp(`process ${server} cannot be asked: .*try gmr dump --attach ${server} `));
    });
  },
);

test('of several processes below a launcher a list is shown', { timeout: 60_000, skip }, async () => {
  const code = `const { spawn } = require('node:child_process');
    const words = ['--require', ${JSON.stringify(REGISTER)}, '-e', 'setInterval(() => {}, 1000); console.log("started")'];
    const children = [1, 2].map(() => spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] }));
    let started = 0;
    for (const child of children) child.stdout.once('data', () => { if (++started === 2) console.log('ready'); });
    process.on('SIGTERM', () => { for (const child of children) child.kill('SIGKILL'); process.exit(); });`;
  await using(code, { preload: 'none' }, async (fixture) => {
    const { code: exitCode, stdout, stderr } = await gmr(['dump', fixture.pid]);
    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^gmr: 2 processes below \d+ can be asked:\n( +\d+ .*\n){2}gmr: dump: .*\(GMR_USAGE\)\n$/);
    fixture.signal('SIGTERM');
    await fixture.exited();
  });
});

function startTimeOf(pid: number): string {
  return startTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '';
}

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--pid', '--fork', '--mount-proc', 'true'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
