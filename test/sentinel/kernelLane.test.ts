import assert from 'node:assert/strict';
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuUse } from '../../src/report/cpuUse.js';
import { kernelGaps, kernelNotRead } from '../../src/sentinel/kernelGaps.js';
import { compareSamples, sampleAll, sampleThread } from '../../src/sentinel/kernelLane.js';
import { describeWait } from '../../src/sentinel/kernelWait.js';
import { configuredPoolSize, nativeThreads } from '../../src/sentinel/nativeThreads.js';
import { syscallArguments, syscallName } from '../../src/sentinel/syscalls.js';

const noKernel = kernelNotRead();
const folder = mkdtempSync(join(tmpdir(), 'gmr-kernel-'));

/** Each body blocks its worker in one way; `ready` has written the worker's OS thread id before. */
const BODIES: Record<string, string> = {
  fifo: `require('node:fs').openSync(${JSON.stringify(join(folder, 'fifo'))})`,
  relative: `require('node:fs').openSync('fifo2')`,
  child: `require('node:child_process').execSync('sleep 61')`,
  hash: `for (;;) require('node:crypto').pbkdf2Sync('a', 'b', 3e7, 64, 'sha512')`,
  loop: `for (;;);`,
  parked: `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
  idle: `setInterval(() => {}, 1e6)`,
};

const SCRIPT = `
const { Worker } = require('node:worker_threads');
const { appendFileSync, readlinkSync } = require('node:fs');
const list = ${JSON.stringify(join(folder, 'threads'))};
const ready = \`const name = require('node:worker_threads').workerData;
require('node:fs').appendFileSync(\${JSON.stringify(list)}, name + ' ' + require('node:fs').readlinkSync('/proc/thread-self') + '\\\\n');\`;
process.chdir(${JSON.stringify(folder)});
for (const [name, body] of Object.entries(${JSON.stringify(BODIES)}))
  new Worker(ready + 'setTimeout(() => { ' + body + ' }, 50)', { eval: true, workerData: name });
for (let i = 0; i < 4; i++) require('node:fs').open(${JSON.stringify(join(folder, 'fifo3'))}, () => {});
appendFileSync(list, 'main ' + readlinkSync('/proc/thread-self') + '\\n');
setTimeout(() => process.exit(), 60000);
`;

describe('the kernel lane on a real process', { skip: noKernel ?? false }, () => {
  let blocked: ChildProcess;
  let processRoot = '';
  const threads = new Map<string, number>();

  before(async () => {
    for (const name of ['fifo', 'fifo2', 'fifo3']) execFileSync('mkfifo', [join(folder, name)]);
    writeFileSync(join(folder, 'script.cjs'), SCRIPT);
    blocked = spawn(process.execPath, [join(folder, 'script.cjs')], { detached: true, stdio: 'ignore' });
    await readThreads();
    await until(() => waitOf('child').file !== null);
  });

  after(() => {
    if (blocked.pid !== undefined) process.kill(-blocked.pid, 'SIGKILL');
  });

  it('names the path that a blocked open waits for', async () => {
    await until(() => waitOf('fifo').file === join(folder, 'fifo'));
    assert.equal(waitOf('fifo').text, `waits in open of ${join(folder, 'fifo')}`);
    assert.equal(sample('fifo').state, 'S');
  });

  it('completes a relative path by the working directory', async () => {
    await until(() => waitOf('relative').file === join(folder, 'fifo2'));
  });

  it('reads no memory of the process when told not to', () => {
    const { file, text } = describeWait(sample('fifo'), { processRoot, readMemory: false });
    assert.deepEqual([file, text], [null, 'waits in open']);
  });

  it('names the child process that execSync waits for', () => {
    assert.match(waitOf('child').text, /^waits for child process \d+ \((\/bin\/sh -c )?sleep 61\)$/);
  });

  it('says of a thread in Atomics.wait that it waits for a lock or a condition', async () => {
    await until(() => waitOf('parked').syscall === 'futex');
    assert.equal(waitOf('parked').text, 'waits for a lock or a condition (futex)');
  });

  it('says of an idle thread that it waits for events, and names no child', async () => {
    await until(() => (waitOf('idle').syscall ?? '').startsWith('epoll'));
    assert.match(waitOf('idle').text, /^waits for events \(epoll_p?wait2?\)$/);
  });

  it('tells threads that want the CPU from threads that wait', async () => {
    const names = ['hash', 'loop', 'fifo', 'idle', 'child'];
    const first = names.map((name) => sample(name));
    await sleep(500);
    const kinds = names.map((name, index) => {
      const earlier = first[index];
      assert.ok(earlier);
      return cpuUse(compareSamples(earlier, sample(name), { processRoot })).kind;
    });
    assert.notEqual(kinds[0], 'waits');
    assert.notEqual(kinds[1], 'waits');
    assert.deepEqual(kinds.slice(2), ['waits', 'waits', 'waits']);
  });

  it('gives every field on a kernel that has them all', () => {
    const { scheduled, switches, comm, startTicks } = sample('loop');
    assert.ok(comm.length > 0 && startTicks > 0);
    assert.ok(switches !== null && switches.forced >= 0);
    if (existsSync('/proc/self/schedstat')) assert.ok((scheduled?.onCpuMs ?? 0) > 0);
    assert.deepEqual(kernelGaps(processRoot), []);
  });

  it('counts the native threads and finds a libuv pool that is busy with four opens', async () => {
    const first = sampleAll(processRoot);
    await sleep(100);
    const second = sampleAll(processRoot);
    const found = nativeThreads(threads.values(), first, second, { processRoot, poolSize: 4 });
    assert.ok(found !== null && found.count >= 8, `${found?.count} native threads`);
    assert.equal(found.libuvPoolSize, 4);
    assert.equal(found.libuvPoolBusy, 4);
  });

  it('gives null for a thread that is not there', () => {
    assert.equal(sampleThread(2 ** 22 + 1, processRoot), null);
  });

  async function readThreads(): Promise<void> {
    await until(() => {
      const lines = existsSync(join(folder, 'threads'))
        ? readFileSync(join(folder, 'threads'), 'utf8').trim().split('\n')
        : [];
      for (const line of lines) {
        const [name = '', link = ''] = line.split(' ');
        const [pid = '', , osThreadId = ''] = link.split('/');
        processRoot = `/proc/${pid}`;
        threads.set(name, Number(osThreadId));
      }
      return threads.size === Object.keys(BODIES).length + 1;
    });
  }

  function sample(name: string): NonNullable<ReturnType<typeof sampleThread>> {
    const taken = sampleThread(threads.get(name) ?? -1, processRoot);
    assert.ok(taken, `no sample of ${name}`);
    return taken;
  }

  function waitOf(name: string): ReturnType<typeof describeWait> {
    return describeWait(sample(name), { processRoot });
  }
});

describe('a process that writes to a full stdout', { skip: noKernel ?? false }, () => {
  it('waits in write of fd 1, which is a pipe', async () => {
    // Only a pipe that no stream has made non-blocking is waited for: a worker, or process.stdout, would do that.
    const script = `require('node:fs').writeSync(2, process.pid + ' ');
      for (;;) require('node:fs').writeSync(1, Buffer.alloc(65536))`;
    const shell = spawn('sh', ['-c', '"$0" -e "$1" | sleep 60', process.execPath, script], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const pid = await new Promise<number>((resolve) =>
        shell.stderr.once('data', (data: Buffer) => resolve(Number(String(data)))),
      );
      const read = (): string => {
        const taken = sampleThread(pid, `/proc/${pid}`);
        return taken === null ? '' : describeWait(taken, { processRoot: `/proc/${pid}` }).text;
      };
      await until(() => read() === 'waits in write of fd 1 (pipe)');
    } finally {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
    }
  });
});

describe('an idle libuv pool', { skip: noKernel ?? false }, () => {
  it('is not busy, whether this Node names its threads or not', async () => {
    const script = `require('node:fs').stat('/', () => require('node:fs').writeSync(1, 'x')); setInterval(() => {}, 1e6)`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'], env: {} });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await sleep(50);
      const processRoot = `/proc/${child.pid}`;
      const first = sampleAll(processRoot);
      const second = sampleAll(processRoot);
      const found = nativeThreads([child.pid ?? 0], first, second, { processRoot });
      assert.equal(found?.libuvPoolSize, 4);
      assert.equal(found.libuvPoolBusy, 0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('the kernel lane on made-up trees', () => {
  const root = join(folder, 'proc', '77');

  before(() => {
    mkdirSync(join(root, 'task', '78'), { recursive: true });
    mkdirSync(join(root, 'fd'), { recursive: true });
    mkdirSync(join(root, 'net'), { recursive: true });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('finds the fields behind a name with spaces, brackets and line breaks', () => {
    task({ stat: '78 (a) R (\n b)) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 4711 0' });
    const sample = sampleThread(78, root);
    assert.deepEqual(
      [sample?.comm, sample?.state, sample?.cpuTicks, sample?.startTicks],
      ['a) R (\n b)', 'S', 12, 4711],
    );
  });

  it('gives null for a stat that is empty, cut off or not numbers', () => {
    for (const stat of ['', '78', '78 (x', '78 (x) S', '78 (x) S 1 1 1 0 -1 0 0 0 0 0 x y 0 0 20 0 1 0 4711 0', ')(']) {
      task({ stat });
      assert.equal(sampleThread(78, root), null, JSON.stringify(stat));
    }
  });

  it('leaves single fields null where their files are missing or hold something else, and says which', () => {
    task({ stat: goodStat(), schedstat: 'a b c', syscall: 'running', status: 'nothing', wchan: '0' });
    const sample = sampleThread(78, root);
    assert.ok(sample);
    assert.deepEqual([sample.scheduled, sample.syscall, sample.switches, sample.waitChannel], [null, null, null, null]);
    assert.equal(
      kernelGaps(root)
        .map((gap) => gap.split(' ')[0])
        .join(),
      'schedstat,status,mem',
    );
    assert.equal(kernelGaps(root, false).length, 2);
    assert.equal(
      describeWait(sample, { processRoot: root }).text,
      'waits in the kernel, in a call that cannot be read',
    );
  });

  it('says once what a sandbox without wait channels or a kernel without schedstat leaves out', () => {
    rmSync(join(root, 'task', '78'), { recursive: true });
    mkdirSync(join(root, 'task', '78'));
    task({ stat: goodStat(), status: 'voluntary_ctxt_switches: 1\nnonvoluntary_ctxt_switches: 1', schedstat: '0 0 0' });
    writeFileSync(join(root, 'mem'), '');
    assert.deepEqual(
      kernelGaps(root).map((gap) => gap.split(' ')[0]),
      ['schedstat', 'syscall', 'wchan'],
    );
    const first = sampleThread(78, root);
    assert.ok(first);
    const evidence = compareSamples(first, { ...first, at: first.at + 250, cpuTicks: first.cpuTicks + 25, state: 'R' });
    assert.deepEqual(
      [evidence.onCpuMs, evidence.runDelayMs, evidence.waitChannel, evidence.syscall],
      [null, null, null, null],
    );
    assert.equal(cpuUse(evidence).kind, 'runs');
    assert.equal(kernelNotRead(root, 'linux'), null);
  });

  it('names descriptors: files, pipes, sockets with their peers, listening sockets, unix sockets, none', () => {
    const links: Record<string, string> = {
      3: '/var/log/a\nb',
      4: 'pipe:[9]',
      5: 'socket:[11]',
      6: 'socket:[12]',
      7: 'socket:[13]',
      8: 'socket:[99]',
      9: 'anon_inode:[eventpoll]',
      10: 'socket:[14]',
    };
    for (const [descriptor, link] of Object.entries(links)) symlinkSync(link, join(root, 'fd', descriptor));
    writeFileSync(
      join(root, 'net', 'tcp'),
      `  sl  local_address rem_address\n${line('0100007F:1F90', '0700000A:01BB', 11)}${line('00000000:1F90', '00000000:0000', 12)}`,
    );
    writeFileSync(
      join(root, 'net', 'tcp6'),
      `  sl\n${line('00000000000000000000000001000000:1F90', 'B80D0120000000000000000001000000:01BB', 14)}`,
    );
    writeFileSync(
      join(root, 'net', 'unix'),
      'Num RefCount\n0000: 00000002 00000000 00010000 0001 01 13 /run/app.sock\n',
    );
    assert.deepEqual(
      [3, 4, 5, 6, 7, 8, 9, 10, 11].map((descriptor) => waitIn(0, [BigInt(descriptor)]).file),
      [
        'fd 3 (/var/log/a?b)',
        'fd 4 (pipe)',
        'fd 5 (socket to 10.0.0.7:443)',
        'fd 6 (socket listening on 0.0.0.0:8080)',
        'fd 7 (unix socket /run/app.sock)',
        'fd 8 (socket)',
        'fd 9 (eventpoll)',
        'fd 10 (socket to [2001:db8::1]:443)',
        'fd 11',
      ],
    );
  });

  it('reads a path from memory up to its end, across pages, and never past what can be read', () => {
    const memory = Buffer.alloc(8192);
    memory.write('/over/the/edge\0', 4090, 'latin1');
    memory.write('/bad\u0007bell\0', 100, 'latin1');
    memory.fill(0x61, 8000);
    writeFileSync(join(root, 'mem'), memory);
    assert.equal(waitIn(2, [BigInt(4090), 0n]).file, '/over/the/edge');
    assert.equal(waitIn(2, [BigInt(100), 0n]).file, '/bad?bell');
    assert.equal(waitIn(2, [BigInt(8000), 0n]).file, null);
    assert.equal(waitIn(2, [BigInt(1e9), 0n]).file, null);
    assert.equal(waitIn(2, [BigInt(0), 0n]).file, null);
  });

  it('names the youngest of several children, and shortens its command', () => {
    for (const [child, ticks] of [
      [201, 50],
      [202, 90],
      [203, 70],
    ] as const) {
      mkdirSync(join(folder, 'proc', String(child)), { recursive: true });
      writeFileSync(
        join(folder, 'proc', String(child), 'stat'),
        `${child} (sh) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 ${ticks} 0`,
      );
      writeFileSync(join(folder, 'proc', String(child), 'cmdline'), `sh\0-c\0${'x'.repeat(200)}\0`);
    }
    task({ children: '201 202 203' });
    const { text } = waitIn(281, [9n]);
    assert.match(text, /^waits for child process 202 \(sh -c x{74}\.\.\.\), the youngest of 3$/);
  });

  it('gives the number of a call that it has no name for, and of an architecture it does not know', () => {
    assert.equal(waitIn(999, []).text, 'waits in syscall 999');
    assert.equal(syscallName(0, 'riscv64'), 'syscall 0');
  });

  it(
    'says why there is no kernel lane: another system, no procfs, nothing readable',
    { skip: process.getuid?.() === undefined },
    () => {
      assert.match(kernelNotRead(root, 'darwin') ?? '', /darwin/);
      assert.match(kernelNotRead(join(folder, 'nowhere'), 'linux') ?? '', /no procfs is mounted/);
      const empty = join(folder, 'empty');
      mkdirSync(join(empty, 'task', '5'), { recursive: true });
      assert.match(kernelNotRead(empty, 'linux') ?? '', /no thread's stat/);
      if (process.getuid?.() === 0) return;
      chmodSync(join(empty, 'task'), 0);
      assert.match(kernelNotRead(empty, 'linux') ?? '', /cannot be read/);
      chmodSync(join(empty, 'task'), 0o700);
    },
  );

  it('finds no pool, and says so, where unnamed threads are not of the number Node starts', () => {
    const odd = new Map(sampled(['app', 'app', 'app', 'app', 'app', 'app', 'app', 'app', 'app']));
    assert.equal(nativeThreads([1], odd, odd, { processRoot: root, poolSize: 4 })?.libuvPoolBusy, null);
    const addon = new Map(sampled([...Array.from({ length: 10 }, () => 'app'), 'my-addon']));
    assert.equal(nativeThreads([1], addon, addon, { processRoot: root, poolSize: 4 })?.libuvPoolBusy, null);
    const noPool = new Map(sampled(Array.from({ length: 7 }, () => 'app')));
    assert.equal(nativeThreads([1], noPool, noPool, { processRoot: root, poolSize: 4 })?.libuvPoolBusy, 0);
    assert.equal(nativeThreads([], new Map(), new Map()), null);
  });

  it('reads the size of the pool as libuv does', () => {
    const sizes = [undefined, '', '8', '0', 'x', '5000', '-1'].map((variable) => configuredPoolSize(variable));
    assert.deepEqual(sizes, [4, 4, 8, 1, 1, 1024, 1024]);
  });

  it('has the same calls for both architectures, but those that only x64 has', () => {
    const [x64, arm64] = [names('x64'), names('arm64')];
    for (const name of [
      'read',
      'write',
      'openat',
      'ppoll',
      'epoll_pwait',
      'futex',
      'wait4',
      'waitid',
      'flock',
      'statx',
    ]) {
      assert.ok(x64.has(name) && arm64.has(name), name);
    }
    assert.ok(x64.has('open') && !arm64.has('open'));
    assert.deepEqual(syscallArguments('openat'), { directory: 0, path: 1 });
    assert.deepEqual(syscallArguments('futex'), {});
  });

  function task(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'task', '78', name), text);
  }

  function waitIn(number: number, values: bigint[]): ReturnType<typeof describeWait> {
    const hex = [...values, 0n, 0n, 0n, 0n, 0n, 0n].slice(0, 6).map((value) => `0x${value.toString(16)}`);
    task({ stat: goodStat(), syscall: `${number} ${hex.join(' ')} 0x7ffe 0x7fff` });
    const sample = sampleThread(78, root);
    assert.ok(sample);
    return describeWait(sample, { processRoot: root, architecture: 'x64' });
  }
});

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (condition()) return;
    await sleep(50);
  }
  assert.fail('what was waited for did not come within 10 s');
}

const line = (local: string, remote: string, inode: number): string =>
  `   0: ${local} ${remote} 01 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1\n`;

const names = (architecture: string): Set<string> =>
  new Set(
    Array.from({ length: 500 }, (_, number) => syscallName(number, architecture)).filter(
      (name) => !name.startsWith('syscall '),
    ),
  );

function goodStat(): string {
  return '78 (node) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 4711 0';
}

function sampled(comms: string[]): [number, NonNullable<ReturnType<typeof sampleThread>>][] {
  return comms.map((comm, index) => [
    index + 1,
    {
      osThreadId: index + 1,
      at: 0,
      comm,
      state: 'S',
      cpuTicks: 0,
      startTicks: index,
      switches: null,
      waitChannel: null,
      syscall: null,
      scheduled: null,
    },
  ]);
}
