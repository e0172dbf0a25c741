import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buildSync } from 'esbuild';
import * as fc from 'fast-check';
import { parseOwnFile, reportFileName, temporaryFileName, type ReportFile } from '../../src/coordinator/fileName.js';
import { writeReportFiles, type WriteOrder, type Written } from '../../src/coordinator/output.js';

const file: ReportFile = {
  serviceName: 'billing-api',
  host: 'web-07',
  pid: 1,
  token: 'k3f9',
  number: 1,
  requestedAt: '2026-11-22T03:07:11.001Z',
};

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gmr-output-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function order(logDir: string, more: Partial<WriteOrder> = {}): WriteOrder {
  return { ...file, logDir, keep: 100, outputs: [{ format: 'text', text: 'the report\n' }], ...more };
}

/** In a process of its own, because it may write to stderr. */
function writeApart(t: TestContext, given: WriteOrder): { written: Written; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [outputScript(t), JSON.stringify(given)], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(status, 0, stderr);
  return { written: JSON.parse(stdout) as Written, stderr };
}

function outputScript(t: TestContext): string {
  const script = join(folder(t), 'write.mjs');
  const contents = `import { writeReportFiles, writeStderr } from './src/coordinator/output.ts';
    const [given] = process.argv.slice(2);
    if (given === 'stderr') { process.stderr; const whole = writeStderr('0123456789abcdef'.repeat(200_000)); process.stdout.write(String(whole)); }
    else process.stdout.write(JSON.stringify(writeReportFiles(JSON.parse(given))) + '\\n');`;
  buildSync({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'error',
  });
  return script;
}

test('a file name tells service, date, host, pid, start and number', () => {
  assert.equal(reportFileName(file, 'text'), 'billing-api_gurumeditation_20261122030711_web-07_1_k3f9_1.txt');
  assert.equal(reportFileName(file, 'json'), 'billing-api_gurumeditation_20261122030711_web-07_1_k3f9_1.json');
  assert.notEqual(reportFileName(file, 'summary'), reportFileName(file, 'json'));
});

test('no service, host or token leads out of the log directory or hides the file', () => {
  assert.equal(
    reportFileName({ ...file, serviceName: '../../x' }, 'text'),
    'x_gurumeditation_20261122030711_web-07_1_k3f9_1.txt',
  );
  assert.equal(
    reportFileName({ ...file, serviceName: '@acme/billing' }, 'text'),
    'acme-billing_gurumeditation_20261122030711_web-07_1_k3f9_1.txt',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (serviceName, host, token) => {
      const name = reportFileName({ ...file, serviceName, host, token }, 'xml');
      assert.equal(basename(name), name);
      assert.match(name, /^[A-Za-z0-9][A-Za-z0-9.-]*_gurumeditation_\d{14}_[A-Za-z0-9.-]+_1_[A-Za-z0-9.-]+_1\.xml$/);
      assert.ok(Buffer.byteLength(temporaryFileName({ ...file, serviceName, host, token }, 'xml', 99)) <= 255);
      assert.equal(parseOwnFile(name, { serviceName, host })?.number, 1);
    }),
    { numRuns: 2000 },
  );
});

test('a report is one file, whole, for its owner alone, with nothing beside it', (t) => {
  const logDir = folder(t);
  const text = `${'long line é '.repeat(200_000)}\n`;
  const { files, failures } = writeReportFiles(order(logDir, { outputs: [{ format: 'text', text }] }));
  assert.deepEqual(failures, []);
  assert.deepEqual(
    readdirSync(logDir).map((name) => join(logDir, name)),
    files,
  );
  assert.equal(readFileSync(files[0] ?? '', 'utf8'), text);
  assert.equal(statSync(files[0] ?? '').mode & 0o777, 0o600);
  assert.equal(statSync(files[0] ?? '').nlink, 1);
});

test('three reports in one second are three files, also when they claim the same number', (t) => {
  const logDir = folder(t);
  const texts = ['one', 'two', 'three'];
  for (const text of texts) writeReportFiles(order(logDir, { outputs: [{ format: 'text', text }] }));
  const found = readdirSync(logDir).sort();
  assert.deepEqual(
    found.map((name) => readFileSync(join(logDir, name), 'utf8')),
    texts,
  );
});

test('several formats are several files of one stem', (t) => {
  const logDir = folder(t);
  const outputs: WriteOrder['outputs'] = [
    { format: 'text', text: 'a' },
    { format: 'json', text: '{}' },
    { format: 'summary', text: '{}' },
  ];
  assert.equal(writeReportFiles(order(logDir, { outputs, keep: 1 })).files.length, 3);
  assert.equal(new Set(readdirSync(logDir).map((name) => parseOwnFile(name, file)?.stem)).size, 1);
});

test('a symbolic link under the temporary or the final name is left alone, and so is what it points to', (t) => {
  const logDir = folder(t);
  const victim = join(folder(t), 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, join(logDir, temporaryFileName(file, 'text', 0)));
  symlinkSync(victim, join(logDir, reportFileName(file, 'text')));
  const { files, failures } = writeReportFiles(order(logDir));
  assert.deepEqual(failures, []);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.deepEqual(
    files.map((path) => basename(path)),
    [reportFileName({ ...file, number: 2 }, 'text')],
  );
  assert.ok(lstatSync(files[0] ?? '').isFile());
});

test('only the newest reports of this service on this host are kept', (t) => {
  const logDir = folder(t);
  const others = [
    reportFileName({ ...file, serviceName: 'other' }, 'text'),
    reportFileName({ ...file, host: 'web-08' }, 'text'),
    reportFileName({ ...file, host: 'web-07_1' }, 'text'),
    `x_${reportFileName(file, 'text')}`,
    reportFileName(file, 'text').replace('.txt', '.log'),
    'notes.txt',
  ];
  for (const name of others) writeFileSync(join(logDir, name), 'other');
  for (let number = 1; number <= 12; number++) {
    writeReportFiles(
      order(logDir, {
        number,
        keep: 3,
        pid: number % 2,
        outputs: [
          { format: 'text', text: 'a' },
          { format: 'xml', text: 'b' },
        ],
      }),
    );
  }
  writeReportFiles(order(logDir, { number: 1, keep: 3, token: 'next', requestedAt: '2026-11-22T03:07:12.000Z' }));
  const left = readdirSync(logDir);
  for (const name of others) assert.ok(left.includes(name), name);
  const own = left.filter((name) => !others.includes(name)).sort();
  assert.deepEqual(
    own,
    [
      reportFileName({ ...file, number: 12, pid: 0 }, 'text'),
      reportFileName({ ...file, number: 12, pid: 0 }, 'xml'),
      reportFileName({ ...file, number: 11, pid: 1 }, 'text'),
      reportFileName({ ...file, number: 11, pid: 1 }, 'xml'),
      reportFileName({ ...file, number: 1, token: 'next', requestedAt: '2026-11-22T03:07:12.000Z' }, 'text'),
    ].sort(),
  );
});

test('a temporary file that a dead process left is deleted when it is old, and not before', (t) => {
  const logDir = folder(t);
  const stale = join(logDir, temporaryFileName({ ...file, token: 'dead' }, 'text', 0));
  const fresh = join(logDir, temporaryFileName({ ...file, token: 'live' }, 'text', 0));
  writeFileSync(stale, 'half');
  writeFileSync(fresh, 'half');
  utimesSync(stale, 1, 1);
  writeReportFiles(order(logDir));
  assert.deepEqual(readdirSync(logDir).sort(), [basename(fresh), reportFileName(file, 'text')].sort());
});

test(
  'where the directory is a file, gone, or read-only, the report goes to stderr with the reason',
  { timeout: 60_000 },
  (t) => {
    const plain = join(folder(t), 'file');
    writeFileSync(plain, '');
    const gone = join(folder(t), 'gone');
    const readOnly = join(folder(t), 'readonly');
    mkdirSync(readOnly);
    chmodSync(readOnly, 0o500);
    const places: [string, RegExp][] = [
      [plain, /ENOTDIR/],
      [gone, /ENOENT/],
    ];
    if (process.getuid?.() !== 0) places.push([readOnly, /EACCES/]);
    for (const [logDir, reason] of places) {
      const { written, stderr } = writeApart(t, order(logDir));
      assert.deepEqual(written.files, []);
      assert.equal(written.failures.length, 1);
      assert.match(written.failures[0] ?? '', reason);
      assert.match(stderr, /^guru-meditation: the report cannot be written to .*\(GMR_OUTPUT\)\nthe report\n$/);
    }
  },
);

/** In a private mount namespace, where a file system of its own stands under `logDir`: nothing of the machine changes. */
function writeMounted(
  t: TestContext,
  given: WriteOrder,
  mounts: readonly string[],
): { written: Written; stderr: string; names: string[] } | null {
  const command = [...mounts, 'node="$1"; shift; "$node" "$@"; status=$?; ls -A "$0"; exit $status'].join(' && ');
  const args = ['-m', 'sh', '-c', command, given.logDir, process.execPath, outputScript(t), JSON.stringify(given)];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 20_000 });
  const [written, ...names] = (stdout ?? '').trim().split('\n');
  if (status !== 0 && !(written ?? '').startsWith('{')) return null;
  assert.equal(status, 0, stderr);
  return { written: JSON.parse(written ?? '') as Written, stderr, names };
}

test('a full disk leaves no half file, and the report goes to stderr', { timeout: 60_000 }, (t) => {
  const logDir = join(folder(t), 'small');
  mkdirSync(logDir);
  const text = `${'x'.repeat(100_000)}\n`;
  const outputs: WriteOrder['outputs'] = [
    { format: 'text', text },
    { format: 'json', text: '{}\n' },
  ];
  const done = writeMounted(t, order(logDir, { outputs }), ['mount -t tmpfs -o size=16k tmpfs "$0"']);
  if (done === null) return t.skip('mounting is not possible here');
  assert.match(done.written.failures[0] ?? '', /ENOSPC/);
  assert.deepEqual(done.names, [reportFileName(file, 'json')]);
  assert.ok(done.stderr.endsWith(text));
});

test('a read-only directory is a reason on stderr, also for a privileged process', { timeout: 60_000 }, (t) => {
  const logDir = join(folder(t), 'readonly');
  mkdirSync(logDir);
  const done = writeMounted(t, order(logDir), ['mount -t tmpfs -o ro tmpfs "$0"']);
  if (done === null) return t.skip('mounting is not possible here');
  assert.deepEqual(done.written.files, []);
  assert.match(done.written.failures[0] ?? '', /EROFS/);
  assert.match(done.stderr, /^guru-meditation: the report cannot be written to .*\(GMR_OUTPUT\)\nthe report\n$/);
});

test(
  'a reader of stderr that is slow gets everything, and one that is gone or never reads is not waited for',
  { timeout: 60_000 },
  async (t) => {
    const script = outputScript(t);
    const run = (read: 'slowly' | 'never' | 'gone'): Promise<{ whole: string; bytes: number; code: number | null }> =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, 'stderr'], {
          stdio: ['ignore', 'pipe', 'pipe'],
          timeout: 30_000,
          killSignal: 'SIGKILL',
        });
        let whole = '';
        let bytes = 0;
        child.on('error', reject);
        child.stdout.on('data', (text: Buffer) => (whole += String(text)));
        if (read === 'gone') child.stderr.destroy();
        if (read === 'slowly') {
          child.stderr.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            child.stderr.pause();
            setTimeout(() => child.stderr.resume(), 1);
          });
        }
        child.on('exit', () => {
          if (read === 'never') child.stderr.destroy();
        });
        child.on('close', (code) => resolve({ whole, bytes, code }));
      });
    assert.deepEqual(await run('slowly'), { whole: 'true', bytes: 3_200_000, code: 0 });
    assert.deepEqual(await run('gone'), { whole: 'false', bytes: 0, code: 0 });
    assert.deepEqual(await run('never'), { whole: 'false', bytes: 0, code: 0 });
  },
);
