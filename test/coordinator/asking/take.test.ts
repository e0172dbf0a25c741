import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { folderIn } from '../../../src/coordinator/asking/folder.js';
import { requestName, type AskedRequest } from '../../../src/coordinator/asking/request.js';
import { startTimeIn, takeRequest, waitingRequest } from '../../../src/coordinator/asking/take.js';

const uid = process.geteuid?.();
const skip = process.platform === 'linux' && uid !== undefined ? false : 'needs /proc';

function ownStartTime(): string {
  return startTimeIn(readFileSync('/proc/self/stat', 'utf8')) ?? '';
}

function requestBy(changes: Partial<AskedRequest>): string {
  const request: AskedRequest = {
    format: 'guru-meditation.request',
    formatVersion: 1,
    id: 'a1b2',
    kind: 'report',
    pid: process.pid,
    startTime: ownStartTime(),
    until: Date.now() + 60_000,
    deadline: null,
    heapScan: null,
    tasks: true,
  };
  return JSON.stringify({ ...request, ...changes });
}

/** A place for requests to this process, and the name of the file that is looked for there. */
function askPlace(context: TestContext): { place: string; folder: string; file: string } {
  const place = mkdtempSync(join(tmpdir(), 'gmr-take-'));
  context.after(() => rmSync(place, { recursive: true, force: true }));
  const folder = folderIn(place, uid ?? 0);
  mkdirSync(folder, { mode: 0o700 });
  return { place, folder, file: join(folder, requestName(process.pid, ownStartTime())) };
}

test('a request waits until it is taken, and is taken once', { skip }, (context) => {
  const { place, folder, file } = askPlace(context);
  assert.equal(waitingRequest([place]), null);
  writeFileSync(file, requestBy({}));
  const waiting = waitingRequest([place]);
  assert.notEqual(waiting, null);
  assert.equal(waitingRequest(['/nowhere', place]), waiting);
  const asked = takeRequest([place]);
  assert.equal(asked !== null && asked !== 'expired' && asked.answerFile.startsWith(folder), true);
  assert.equal(waitingRequest([place]), null);
  assert.equal(takeRequest([place]), null);
  assert.deepEqual(readdirSync(folder), []);
});

test('a request is told from the next one, whatever the file system says of the two', { skip }, (context) => {
  const { place, file } = askPlace(context);
  const found = ['first', 'second'].map((id) => {
    writeFileSync(file, requestBy({ id }));
    utimesSync(file, 1, 1);
    return waitingRequest([place]);
  });
  assert.notEqual(found[0], found[1]);
});

test('a request that has expired waits for its signal, which it answers by nothing', { skip }, (context) => {
  const { place, file } = askPlace(context);
  writeFileSync(file, requestBy({ until: Date.now() - 1 }));
  assert.notEqual(waitingRequest([place]), null);
  assert.equal(takeRequest([place]), 'expired');
});

test('what is no request for this process neither waits nor is taken', { skip }, (context) => {
  const { place, file } = askPlace(context);
  const odd: (() => void)[] = [
    () => writeFileSync(file, 'null'),
    () => writeFileSync(file, requestBy({}).slice(0, -1)),
    () => writeFileSync(file, requestBy({ pid: process.pid + 1 })),
    () => writeFileSync(file, requestBy({ startTime: '1' })),
    () => writeFileSync(file, `${requestBy({})}${' '.repeat(5000)}`),
    () => symlinkSync('/dev/zero', file),
    () => mkdirSync(file),
  ];
  for (const make of odd) {
    make();
    assert.equal(waitingRequest([place]), null, String(make));
    assert.equal(takeRequest([place]), null, String(make));
    rmSync(file, { recursive: true, force: true });
  }
});

test('a folder that others may enter is not looked into', { skip }, (context) => {
  const { place, folder, file } = askPlace(context);
  writeFileSync(file, requestBy({}));
  chmodSync(folder, 0o755);
  assert.equal(waitingRequest([place]), null);
  assert.equal(takeRequest([place]), null);
});
