import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { writeTerminationLog } from '../../src/coordinator/terminationLog.js';
import { sampleReport } from '../report/sample.js';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gmr-termination-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('the verdict is one line, after what the application wrote', (t) => {
  const path = join(folder(t), 'termination-log');
  writeFileSync(path, 'fatal: no database\n');
  assert.equal(writeTerminationLog(sampleReport(), path), true);
  assert.match(
    readFileSync(path, 'utf8'),
    /^fatal: no database\nguru-meditation \S+: STUCK worker 3 renderTable .*\n$/,
  );
});

test('a file that is not there is not made', (t) => {
  const path = join(folder(t), 'none');
  assert.equal(writeTerminationLog(sampleReport(), path), false);
  assert.equal(existsSync(path), false);
});

test('a directory, a symbolic link and a full file are left alone', (t) => {
  const inside = folder(t);
  const full = join(inside, 'full');
  const link = join(inside, 'link');
  mkdirSync(join(inside, 'directory'));
  writeFileSync(full, 'x'.repeat(4090));
  symlinkSync(full, link);
  for (const name of ['directory', 'link', 'full'])
    assert.equal(writeTerminationLog(sampleReport(), join(inside, name)), false, name);
  assert.equal(readFileSync(full, 'utf8').length, 4090);
});

test('a FIFO that nobody reads holds nobody up', { timeout: 10_000 }, (t) => {
  const path = join(folder(t), 'fifo');
  if (spawnSync('mkfifo', [path], { timeout: 5000 }).status !== 0) return t.skip('there is no mkfifo here');
  assert.equal(writeTerminationLog(sampleReport(), path), false);
});
