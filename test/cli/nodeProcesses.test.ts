import assert from 'node:assert/strict';
import { constants } from 'node:os';
import test from 'node:test';
import { signalInName } from '../../src/coordinator/asking/threadName.js';
import { withoutLaunchers } from '../../src/cli/choose.js';
import {
  descendantsOf,
  nameOf,
  nodeProcesses,
  signalByCommand,
  type NodeProcess,
} from '../../src/cli/nodeProcesses.js';
import { asTable } from '../../src/cli/ps.js';

const { SIGUSR2, SIGPWR } = constants.signals;
const PRELOADED = ['node', '-r', 'guru-meditation/register', 'app.js'];
const isLinux = process.platform === 'linux';

test('a command line and its environment tell the signal', { timeout: 10_000, skip: !isLinux }, () => {
  assert.equal(signalByCommand(PRELOADED, null), SIGUSR2);
  assert.equal(
    signalByCommand(['node', 'app.js'], { NODE_OPTIONS: '--require=/x/guru-meditation/dist/register.cjs' }),
    SIGUSR2,
  );
  assert.equal(signalByCommand(['node', 'app.js', '-r', 'guru-meditation/register'], {}), null);
  assert.equal(signalByCommand(PRELOADED, { GMR: 'off' }), null);
  assert.equal(signalByCommand(PRELOADED, { GMR_SIGNAL: 'pwr' }), SIGPWR);
  assert.equal(signalByCommand(PRELOADED, { GMR_SIGNAL: 'SIGTERM,SIGPWR' }), SIGPWR);
  assert.equal(signalByCommand(PRELOADED, { GMR_SIGNAL: 'SIGTERM' }), 0);
  assert.equal(signalByCommand(PRELOADED, { GMR_SIGNAL: 'none' }), 0);
  assert.equal(signalByCommand(['node', '--permission', ...PRELOADED.slice(1)], {}), 0);
  assert.equal(signalByCommand(PRELOADED, { GMR_SIGNAL: 'nonsense' }), SIGUSR2);
});

test("the sentinel's name tells the signal", { timeout: 10_000 }, () => {
  assert.equal(signalInName('gmr-sentinel 12\n'), 12);
  assert.equal(signalInName('gmr-sentinel 0'), 0);
  for (const name of ['node', 'gmr-sentinel', 'my gmr-sentinel 12', 'gmr-sentinel 1x'])
    assert.equal(signalInName(name), null);
});

test('a process is called by its service, its script, or its thread', { timeout: 10_000 }, () => {
  const stat = { name: 'MainThread' };
  assert.equal(nameOf(PRELOADED, { GMR_SERVICE_NAME: 'billing-api' }, stat), 'billing-api');
  assert.equal(nameOf(['node', '-r', 'x', '--inspect', '/srv/app/server.js', 'y'], {}, stat), 'server.js');
  assert.equal(nameOf(['node', '-e', 'code', 'x.js'], null, stat), 'MainThread');
  assert.equal(nameOf(['node'], null, stat), 'MainThread');
});

test('launchers are left out while what they launched is there', { timeout: 10_000, skip: !isLinux }, () => {
  const facts = { name: '', uid: 0, instrumented: true, signal: 12, threads: 1, cpuMs: 0, state: 'S', startTime: '1' };
  const of = (pid: number, ppid: number, command: string[]): NodeProcess => ({ ...facts, pid, ppid, command });
  const launcher = of(process.ppid, 1, ['node', '/usr/lib/npm/bin/npm-cli.js', 'start']);
  const launched = of(process.pid, process.ppid, ['node', 'server.js']);
  assert.deepEqual(withoutLaunchers([launcher, launched]), [launched]);
  assert.deepEqual(withoutLaunchers([launcher]), [launcher]);
  const server = of(process.ppid, 1, ['node', 'cluster.js']);
  assert.deepEqual(withoutLaunchers([server, launched]), [server, launched]);
});

test(
  'this process is among those that run Node.js, below the one that started it',
  { timeout: 10_000, skip: !isLinux },
  () => {
    const own = nodeProcesses().find(({ pid }) => pid === process.pid);
    assert.equal(own?.ppid, process.ppid);
    assert.equal(own?.instrumented, false);
    assert.equal(own?.uid, process.geteuid?.());
    assert.ok(descendantsOf(process.ppid).some(({ pid }) => pid === process.pid));
    assert.ok(!descendantsOf(process.pid).some(({ pid }) => pid === process.pid));
  },
);

test('the table has a column a fact, and shows names as plain text', { timeout: 10_000 }, () => {
  const row = { pid: 7, ppid: 1, threads: 11, cpuShare: 0.004, mainTurnedAgoMs: 12, stuck: false };
  const rows = [
    { ...row, name: 'billing\u001B[2J', instrumented: true },
    { ...row, pid: 4242, name: 'x.js', instrumented: false, mainTurnedAgoMs: null, stuck: null },
    { ...row, name: 'y.js', instrumented: null, cpuShare: 1, mainTurnedAgoMs: 41_200, stuck: true },
  ];
  assert.equal(
    asTable(rows),
    [
      'PID   INSTRUMENTED  THREADS  CPU   MAIN TURNED      NAME',
      String.raw`7     yes           11       0%    12 ms ago        billing\u001b[2J`,
      '4242  no            11       0%    -                x.js',
      '7     ?             11       100%  41 s ago, STUCK  y.js',
      '',
    ].join('\n'),
  );
});
