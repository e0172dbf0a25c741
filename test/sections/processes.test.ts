import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import type { ProcessNode } from '../../src/report/types.js';
import { readProcesses } from '../../src/sections/processes.js';
import { processesByPs, treeFromPs } from '../../src/sections/processesByPs.js';

interface Fake {
  name?: string;
  state?: string;
  ppid: number;
  uid?: number;
  command?: string[];
  environment?: string[];
  exe?: string;
}

function fakeProcfs(
  t: TestContext,
  processes: Record<number, Fake>,
  withChildren: boolean,
): { root: string; passwdFile: string } {
  const root = mkdtempSync(join(tmpdir(), 'gmr-proc-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [pid, fake] of Object.entries(processes)) {
    const folder = join(root, pid);
    mkdirSync(join(folder, 'task', pid), { recursive: true });
    writeFileSync(join(folder, 'stat'), `${pid} (${fake.name ?? 'node'}) ${fake.state ?? 'S'} ${fake.ppid} 1 1 0`);
    writeFileSync(join(folder, 'status'), `Name:\tx\nUid:\t0\t${fake.uid ?? 1000}\t0\t0\n`);
    writeFileSync(join(folder, 'cmdline'), (fake.command ?? []).map((word) => `${word}\0`).join(''));
    if (fake.environment !== undefined)
      writeFileSync(join(folder, 'environ'), fake.environment.map((entry) => `${entry}\0`).join(''));
    if (fake.exe !== undefined) symlinkSync(fake.exe, join(folder, 'exe'));
    const children = Object.entries(processes).filter(([, other]) => other.ppid === Number(pid));
    if (withChildren)
      writeFileSync(join(folder, 'task', pid, 'children'), children.map(([child]) => `${child} `).join(''));
  }
  const passwdFile = join(root, 'passwd');
  writeFileSync(passwdFile, 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n');
  return { root, passwdFile };
}

const family: Record<number, Fake> = {
  10: { ppid: 1, command: ['node', 'server.js'], exe: '/usr/bin/node' },
  11: { ppid: 10, command: ['/usr/bin/node', '-r', 'guru-meditation/register', 'job.js'], environment: [] },
  12: { ppid: 10, command: ['node', 'job.js', '--require', 'guru-meditation/register'], environment: ['A=1'] },
  13: {
    ppid: 10,
    command: ['node', 'job.js'],
    environment: ['NODE_OPTIONS=--max-old-space-size=64 --require /x/dist/register.cjs'],
  },
  14: { ppid: 10, command: ['node', 'job.js'] },
  15: { ppid: 10, name: 'sh) R 1 (', state: 'Z', uid: 7 },
  16: { ppid: 15, name: 'psql', command: ['psql', '--password', 'hunter2'], uid: 0 },
  17: {
    ppid: 10,
    command: ['my-title'],
    exe: '/opt/node/bin/node',
    environment: ['NODE_OPTIONS=--import=guru-meditation/register', 'GMR=off'],
  },
  20: { ppid: 1, command: ['other'] },
};

for (const withChildren of [true, false]) {
  const source = withChildren ? "the kernel's lists of children" : 'a pass over all processes';
  test(`the tree holds this process and its descendants, by ${source}`, (t) => {
    const { root, passwdFile } = fakeProcfs(t, family, withChildren);
    const [own, ...others] = readProcesses(10, root, { passwdFile, mostMs: 60_000 });
    assert.deepEqual(others, []);
    assert.equal(own?.user, 'app');
    assert.equal(own?.instrumented, true);
    const seen = own?.children.map(({ pid, instrumented }) => [pid, instrumented]);
    assert.deepEqual(seen, [
      [11, true],
      [12, false],
      [13, true],
      [14, null],
      [15, null],
      [17, false],
    ]);
    const zombie = own?.children.find(({ pid }) => pid === 15);
    assert.deepEqual(
      { ...zombie, children: [] },
      {
        pid: 15,
        ppid: 10,
        user: null,
        uid: 7,
        state: 'zombie',
        command: ['[sh) R 1 (]'],
        instrumented: null,
        elided: 0,
        children: [],
      },
    );
    assert.deepEqual(zombie?.children[0]?.command, ['psql', '--password', '***']);
    assert.equal(zombie?.children[0]?.user, 'root');
  });
}

test('a tree that is too large, or a circle, ends, and says what was cut', (t) => {
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index): [number, Fake] => [100 + index, { ppid: index === 0 ? 129 : 99 + index }]),
  );
  const { root, passwdFile } = fakeProcfs(t, many, true);
  const lines: string[] = [];
  const count = (node: ProcessNode): number => 1 + node.children.reduce((sum, child) => sum + count(child), 0);
  const whole = readProcesses(100, root, { passwdFile, mostMs: 60_000, onCut: (line) => lines.push(line) });
  assert.equal(count(whole[0] as ProcessNode), 30);
  assert.equal(lines.length, 0);
  const cut = readProcesses(100, root, {
    passwdFile,
    mostProcesses: 5,
    mostMs: 60_000,
    onCut: (line) => lines.push(line),
  });
  assert.equal(count(cut[0] as ProcessNode), 5);
  assert.equal(lines.length, 1);
});

/** As `ps` prints on macOS. */
const PS = `    1     0     0 root             Ss   /sbin/launchd
   10     1   501 app              S+   node server.js
   13    10   501 app              R+   ps -A -o pid=
   12    11   501 app              Z    (psql)
   11    10   501 app              S+   node -r guru-meditation/register job.js --token=hunter2
    9    10   501 app              U    /usr/local/bin/node other.js
   20     1     0 root             Ss   other
garbage
`;

test('without procfs the tree is read from what ps prints', () => {
  const [own] = readProcesses(10, '/does/not/exist', { list: (pid) => treeFromPs(PS, pid, 13) });
  const shown = (node: ProcessNode): unknown => [node.pid, node.state, node.instrumented, node.children.map(shown)];
  assert.deepEqual(own === undefined ? null : shown(own), [
    10,
    'sleeping',
    true,
    [
      [9, 'U', null, []],
      [11, 'sleeping', true, [[12, 'zombie', null, []]]],
    ],
  ]);
  assert.deepEqual(own?.children[1]?.command.slice(-2), ['job.js', '--token=***']);
  assert.equal(own?.user, 'app');
  assert.equal(own?.uid, 501);
  assert.equal(treeFromPs(PS, 77), null);
});

test('processes that are their own parents end', () => {
  assert.equal(treeFromPs('1 1 0 root S a\n', 1)?.children.length, 0);
});

test('ps itself is never run on the main thread, and finds this process elsewhere', { timeout: 20_000 }, async (t) => {
  assert.equal(processesByPs(process.pid), null);
  if (!existsSync('/bin/ps')) return t.skip('there is no ps here');
  const { outputFiles } = buildSync({
    stdin: {
      contents: `import { processesByPs } from './src/sections/processesByPs.ts';
        require('node:worker_threads').parentPort.postMessage(processesByPs(process.pid));`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'error',
  });
  const worker = new Worker(outputFiles[0]?.text ?? '', { eval: true });
  const [found] = (await once(worker, 'message')) as [ProcessNode | null];
  assert.equal(found?.pid, process.pid);
  assert.equal(found.ppid, process.ppid);
  assert.ok(found.children.every(({ command }) => command[0] !== '/bin/ps'));
});

test('without procfs and ps this process alone is shown', () => {
  const nodes = readProcesses(process.pid, '/does/not/exist', { list: () => null });
  assert.equal(nodes.length, 1);
  assert.equal(nodes[0]?.pid, process.pid);
  assert.equal(nodes[0]?.ppid, process.ppid);
  assert.equal(nodes[0]?.instrumented, true);
});

test('a real child process is found', { timeout: 20_000, skip: !existsSync('/proc/self/stat') }, async (t) => {
  const child = spawn(
    process.execPath,
    ['-e', 'console.log(1); setInterval(() => {}, 1000)', '--', '--token=hunter2'],
    { stdio: 'pipe' },
  );
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const own = readProcesses(process.pid, '/proc', { mostMs: 10_000 })[0];
  const found = own?.children.find(({ pid }) => pid === child.pid);
  assert.equal(found?.ppid, process.pid);
  assert.equal(found?.instrumented, false);
  assert.equal(found?.command.at(-1), '--token=***');
  assert.equal(found?.uid, process.getuid?.());
});

test('a tree that is too deep is cut, with the count of what is below', (t) => {
  const chain: Record<number, Fake> = {};
  for (let pid = 100; pid < 160; pid++) chain[pid] = { ppid: pid - 1, command: ['sh'] };
  const { root, passwdFile } = fakeProcfs(t, chain, true);
  let [node] = readProcesses(100, root, { passwdFile, mostMs: 60_000 });
  let shown = 1;
  for (; node?.children[0] !== undefined; [node] = node.children) {
    assert.equal(node.elided, 0);
    shown++;
  }
  assert.ok(shown > 10 && shown < 49, `${shown}`);
  assert.equal(node?.elided, 60 - shown);
});
