import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { look } from '../../src/coordinator/fileLook.js';
import { FileTrigger } from '../../src/sentinel/fileTrigger.js';

const INTERVAL_MS = 5;
const BOUND_MS = 10_000;

interface Watched {
  /** Does something and waits until it was noticed. */
  noticed(what: string, touch: () => void): Promise<void>;
  /** Does something and waits until the path was looked at again, which a touch of `probe` tells. */
  ignored(what: string, touch: () => void): Promise<void>;
}

let seconds = 1_000_000;
/** A time stamp of its own for every touch: those of the kernel may be the same within some ms. */
function touch(path: string): void {
  utimesSync(path, ++seconds, seconds);
}

async function until(what: string, isDone: () => boolean): Promise<void> {
  const end = performance.now() + BOUND_MS;
  while (!isDone()) {
    assert.ok(performance.now() < end, what);
    await delay(1);
  }
}

function watch(t: TestContext, path: string): Watched {
  let touches = 0;
  let looks = 0;
  const probe = mkdtempSync(join(tmpdir(), 'gmr-probe-'));
  // Made later, so that its timer runs after the other one's: its touch means that the other has looked.
  const triggers = [
    new FileTrigger(path, look(path), INTERVAL_MS, () => touches++),
    new FileTrigger(probe, look(probe), INTERVAL_MS, () => looks++),
  ];
  t.after(() => {
    for (const trigger of triggers) trigger.stop();
    rmSync(probe, { recursive: true });
  });
  const looked = async (): Promise<void> => {
    for (let count = 0; count < 2; count++) {
      const before = looks;
      touch(probe);
      await until('no look', () => looks > before);
    }
  };
  return {
    async noticed(what, act) {
      const before = touches;
      act();
      await until(`${what} was not noticed`, () => touches > before);
      await looked();
      assert.equal(touches, before + 1, `${what} was noticed more than once`);
    },
    async ignored(what, act) {
      const before = touches;
      act();
      await looked();
      assert.equal(touches, before, `${what} counts as a touch`);
    },
  };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'gmr-file-trigger-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test(
  'a file is noticed when it comes, is touched, written, and comes back, and not when it goes',
  { timeout: 60_000 },
  async (t) => {
    const path = join(folder(t), 'not', 'yet');
    const watched = watch(t, path);
    await watched.ignored('its folder', () => mkdirSync(join(path, '..')));
    await watched.noticed('that it was made', () => writeFileSync(path, ''));
    await watched.noticed('a touch', () => touch(path));
    await watched.noticed('a write', () => writeFileSync(path, 'x'));
    await watched.ignored('that it is gone', () => rmSync(path));
    await watched.noticed('that it came back', () => writeFileSync(path, ''));
    await watched.ignored('that all is gone', () => rmSync(join(path, '..'), { recursive: true }));
    await watched.noticed('that a directory came instead', () => mkdirSync(path, { recursive: true }));
  },
);

test('a file that was there before the start is no touch', { timeout: 60_000 }, async (t) => {
  const path = join(folder(t), 'old');
  writeFileSync(path, '');
  const watched = watch(t, path);
  await watched.ignored('nothing', () => {});
  await watched.noticed('a touch', () => touch(path));
});

test('a directory is touched by itself and by anything in it, but not by reports', { timeout: 60_000 }, async (t) => {
  const path = folder(t);
  const inside = join(path, 'inside');
  const report = join(path, 'billing_gurumeditation_20261122030711_web-07_1_k3f9_1.txt');
  const watched = watch(t, path);
  await watched.noticed('a new file', () => writeFileSync(inside, ''));
  await watched.noticed('a touch of the file', () => touch(inside));
  await watched.noticed('a touch of the directory', () => touch(path));
  await watched.ignored('a report', () => writeFileSync(report, 'text'));
  await watched.noticed('a touch of the directory with a report in it', () => touch(path));
  await watched.ignored('a report that was deleted', () => rmSync(report));
  await watched.noticed('a deleted file', () => rmSync(inside));
});

test('a directory of very many files is watched by its own time stamp', { timeout: 60_000 }, async (t) => {
  const path = folder(t);
  for (let count = 0; count < 1001; count++) writeFileSync(join(path, String(count)), '');
  const watched = watch(t, path);
  await watched.ignored('a file in it', () => touch(join(path, '7')));
  await watched.noticed('a new file', () => writeFileSync(join(path, 'new'), ''));
});
