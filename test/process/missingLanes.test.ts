/** Each lane, or part of one, that is not there is said once in the report, nothing is guessed, and the others go on. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'undici';
import type { NotRead, Report } from '../../src/report/types.js';
import { attachClient } from '../harness/debugger.js';
import { reportOfHangs, threadOf } from '../harness/hangs.js';
import { assertQuiet, REGISTER, spawnFixture, type FixtureOptions } from '../harness/spawn.js';

const IS_LINUX = process.platform === 'linux';
const IS_ROOT = process.getuid?.() === 0;
/** A user that no passwd file names. */
const STRANGER = 54_321;
const HANGS = ['main:spin', 'worker:fifo', 'worker:park', 'worker:idle'];
/** As they come: main, and the workers from 2 on. */
const [MAIN, FIFO, PARK, IDLE] = [0, 2, 3, 4];

const folder = mkdtempSync(join(tmpdir(), 'gmr-lanes-'));
const fifo = join(folder, 'fifo');
before(() => {
  if (IS_LINUX) execFileSync('mkfifo', ['-m', '666', fifo]);
  if (IS_LINUX) execFileSync('chmod', ['755', folder]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs what follows in a mount namespace of its own, after `setup`; null where nobody may make one. */
function inOwnMounts(setup: string): string[] | null {
  const ways = IS_ROOT ? [['unshare', '-m']] : [['unshare', '-U', '-r', '-m']];
  const command = ways.find(([name = '', ...flags]) => {
    const tried = spawnSync(name, [...flags, 'sh', '-c', `${setup} && echo done`], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    return tried.stdout === 'done\n';
  });
  return command === undefined ? null : [...command, 'sh', '-c', `${setup} && exec "$@"`, 'sh'];
}

async function hung(options: FixtureOptions): Promise<Report> {
  const report = await reportOfHangs(HANGS, { ...options, env: { HANG_FIFO: fifo, ...options.env } });
  assert.deepEqual(report.threads.map(({ threadId }) => threadId).sort(), [MAIN, FIFO, PARK, IDLE]);
  return report;
}

/** What concerns the process as a whole. */
function notReadOfAll({ report }: Report, what: RegExp): NotRead[] {
  return report.notRead.filter((entry) => entry.threadId === null && what.test(entry.what));
}

function assertReadByInspector(report: Report): void {
  const [main, parked] = [threadOf(report, MAIN), threadOf(report, PARK)];
  assert.equal(main.readBy, 'inspector');
  assert.ok(['spinning', 'throttled'].includes(main.state), main.state);
  assert.equal(main.stack.find(({ file }) => file !== null)?.function, 'spin');
  assert.deepEqual([parked.readBy, parked.state], ['inspector', 'atomics-wait']);
  assert.ok(['port', 'inspector'].includes(threadOf(report, IDLE).readBy));
  assert.ok(['idle', 'busy'].includes(threadOf(report, IDLE).state), threadOf(report, IDLE).state);
}

const withoutProcfs = IS_LINUX ? inOwnMounts('mount -t tmpfs none /proc') : null;
test(
  'without a procfs the kernel lane is one line, threads in native calls are unknown, and the inspector reads the rest',
  { timeout: 30_000, skip: withoutProcfs === null ? 'nobody may mount here' : false },
  async () => {
    const report = await hung({ through: withoutProcfs ?? [] });
    assertReadByInspector(report);
    const lines = notReadOfAll(report, /kernel lane/);
    assert.equal(lines.length, 1, JSON.stringify(report.report.notRead));
    assert.match(lines[0]?.why ?? '', /no procfs is mounted/);
    const blocked = threadOf(report, FIFO);
    assert.deepEqual([blocked.readBy, blocked.state, blocked.kernel], ['none', 'unknown', null]);
    assert.ok(report.threads.every(({ kernel, osThreadId }) => kernel === null && osThreadId === null));
    assert.deepEqual([report.process.container, report.process.nativeThreads], [null, null]);
    assert.equal(report.processes.length, 1);
  },
);

const AS_STRANGER = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
/** Whether somebody else may read this package, as the process of a service has to. */
const mayBeStranger =
  IS_LINUX && IS_ROOT && spawnSync('setpriv', [...AS_STRANGER.slice(1), 'test', '-r', REGISTER]).status === 0;
const NO_STRANGER = 'only root may be somebody else, who has to be able to read this package';

const hidden = mayBeStranger ? inOwnMounts('mount -t proc -o hidepid=2 proc /proc') : null;
test(
  'hidepid=2 and a user without a name hide other processes, and nothing of this one',
  { timeout: 30_000, skip: hidden === null ? NO_STRANGER : false },
  async () => {
    const through = [...(hidden ?? []), ...AS_STRANGER];
    const report = await hung({ through });
    assertReadByInspector(report);
    assert.deepEqual(notReadOfAll(report, /kernel lane/), []);
    const blocked = threadOf(report, FIFO);
    assert.deepEqual([blocked.readBy, blocked.state, blocked.kernel?.file], ['kernel', 'native-wait', fifo]);
    assert.deepEqual([report.processes[0]?.uid, report.processes[0]?.user], [STRANGER, null]);
  },
);

test(
  'a process that is not dumpable says which files it may not read, and its states are the same',
  { timeout: 30_000, skip: mayBeStranger ? false : NO_STRANGER },
  async () => {
    const becomesStranger = join(folder, 'becomes.cjs');
    writeFileSync(
      becomesStranger,
      `if (require('node:worker_threads').isMainThread) { process.setgid(${STRANGER}); process.setuid(${STRANGER}); }`,
    );
    const report = await hung({ preload: 'none', execArgv: ['-r', becomesStranger, '-r', REGISTER] });
    assertReadByInspector(report);
    const lines = notReadOfAll(report, /kernel lane/);
    assert.equal(lines.length, 1, JSON.stringify(report.report.notRead));
    assert.match(lines[0]?.why ?? '', /syscall.*, mem /);
    const blocked = threadOf(report, FIFO);
    assert.deepEqual([blocked.readBy, blocked.state], ['kernel', 'native-wait']);
    assert.deepEqual([blocked.kernel?.syscall, blocked.kernel?.file], [null, null]);
  },
);

test(
  'readMemory: false leaves the path out, names the call all the same, and is no gap',
  { timeout: 30_000, skip: !IS_LINUX },
  async () => {
    for (const [value, file] of [
      ['off', null],
      ['on', fifo],
    ] as const) {
      const report = await hung({ env: { GMR_READ_MEMORY: value } });
      const blocked = threadOf(report, FIFO);
      assert.deepEqual([blocked.state, blocked.kernel?.file], ['native-wait', file]);
      assert.match(blocked.kernel?.syscall ?? '', /^open/);
      assert.deepEqual(notReadOfAll(report, /kernel lane/), []);
    }
  },
);

/** What a Node that is built without it looks like to us: no such feature, and no such module in any thread. */
function withoutInspector(hidesFeature: boolean): string {
  const blocks = join(folder, 'blocks.cjs');
  writeFileSync(
    blocks,
    `const Module = require('node:module'), load = Module._load;
    Module._load = function (name, ...rest) {
      if (/^(node:)?inspector/.test(name)) throw Object.assign(new Error('Inspector is not available'), { code: 'ERR_INSPECTOR_NOT_AVAILABLE' });
      return load.call(this, name, ...rest);
    };`,
  );
  const preload = join(folder, `without-inspector-${hidesFeature}.cjs`);
  writeFileSync(
    preload,
    `const threads = require('node:worker_threads');
    if (threads.isMainThread) {
      require(${JSON.stringify(blocks)});
      if (${hidesFeature}) Object.defineProperty(process.features, 'inspector', { value: false });
      threads.Worker = class extends threads.Worker {
        constructor(file, options) {
          const isSentinel = String(file).includes('sentinel');
          super(file, isSentinel ? { ...options, execArgv: [...options.execArgv, '-r', ${JSON.stringify(blocks)}] } : options);
        }
      };
    }`,
  );
  return preload;
}

for (const [what, hidesFeature] of [
  ['a Node without the inspector', true],
  ['an inspector that does not load', false],
] as const) {
  test(`${what} is one line, and the port and the kernel go on`, { timeout: 30_000 }, async () => {
    const preloaded = withoutInspector(hidesFeature);
    const report = await hung({
      preload: 'none',
      execArgv: ['-r', preloaded, '-r', REGISTER],
    });
    const lines = notReadOfAll(report, /inspector lane/);
    assert.equal(lines.length, 1, JSON.stringify(report.report.notRead));
    assert.match(lines[0]?.why ?? '', /this build of Node\.js/);
    assert.equal(threadOf(report, IDLE).readBy, 'port');
    if (!IS_LINUX) return;
    assert.deepEqual([threadOf(report, FIFO).readBy, threadOf(report, FIFO).state], ['kernel', 'native-wait']);
    // On the CPU, or waiting for a lock, in whatever code: nobody can say more.
    for (const threadId of [MAIN, PARK])
      assert.deepEqual([threadOf(report, threadId).readBy, threadOf(report, threadId).stack], ['kernel', []]);
    assert.equal(threadOf(report, PARK).state, 'unknown');
    assert.ok(['unknown', 'throttled'].includes(threadOf(report, MAIN).state), threadOf(report, MAIN).state);
  });
}

test('--no-addons takes nothing away', { timeout: 30_000, skip: !IS_LINUX }, async () => {
  const report = await hung({ execArgv: ['--no-addons'] });
  assertReadByInspector(report);
  assert.equal(threadOf(report, FIFO).state, 'native-wait');
  assert.deepEqual(
    report.report.notRead.filter(({ threadId }) => threadId === null),
    [],
  );
});

test(
  'without a procfs a healthy process reports as well',
  { timeout: 30_000, skip: withoutProcfs === null ? 'nobody may mount here' : false },
  async () => {
    const fixture = spawnFixture(`setInterval(() => {}, 1e6); console.log('ready')`, {
      through: withoutProcfs ?? [],
      env: { GMR_FORMAT: 'json' },
    });
    try {
      await fixture.ready();
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      assert.deepEqual([threadOf(report, MAIN).readBy, threadOf(report, MAIN).state], ['port', 'idle']);
      assert.equal(report.process.memory.rss, null);
      assert.ok((report.process.memory.heapUsed ?? 0) > 0);
      assertQuiet(fixture.stderr);
    } finally {
      await fixture.stop();
    }
  },
);

test(
  'a permission model that denies procfs is one line, and no state is guessed',
  { timeout: 30_000, skip: !IS_LINUX },
  async (context) => {
    const flag = ['--permission', '--experimental-permission'].find((name) =>
      process.allowedNodeEnvironmentFlags.has(name),
    );
    if (flag === undefined) return context.skip('this Node has no permission model');
    const execArgv = [flag, '--no-warnings', '--allow-worker', '--allow-addons', `--allow-fs-read=${process.cwd()}/*`];
    const report = await reportOfHangs(['main:spin', 'worker:park', 'worker:idle'], { execArgv });
    // The sentinel, whose flags are its own, may read procfs; the workers cannot tell which OS threads they are.
    const lines = notReadOfAll(report, /kernel lane/);
    assert.equal(lines.length, 1, JSON.stringify(report.report.notRead));
    assert.match(lines[0]?.why ?? '', /the OS thread ids of threads 2/);
    const parked = threadOf(report, 2);
    assert.deepEqual([parked.kernel, parked.osThreadId], [null, null]);
    assert.equal(parked.state, parked.readBy === 'inspector' ? 'atomics-wait' : 'unknown');
  },
);

test(
  'under --inspect with a client attached every thread is read, and the client stays',
  { timeout: 30_000, skip: !IS_LINUX },
  async () => {
    const fixture = spawnFixture('hangs.cjs', {
      args: HANGS,
      execArgv: ['--inspect=127.0.0.1:0'],
      env: { GMR_FORMAT: 'json', HANG_FIFO: fifo },
    });
    let client: WebSocket | null = null;
    try {
      await fixture.ready();
      client = await attachClient(fixture);
      await delay(1500);
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      assertReadByInspector(report);
      assert.equal(threadOf(report, FIFO).state, 'native-wait');
      assert.deepEqual(notReadOfAll(report, /lane/), []);
      assert.equal(client.readyState, WebSocket.OPEN);
    } finally {
      client?.close();
      await fixture.stop();
    }
  },
);
