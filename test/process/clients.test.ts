/** Which `await` waits for which request, made the ways HTTP clients make them, with a healthy and with a hung main. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertQuiet, spawnFixture } from '../harness/spawn.js';
import type { Report, TaskGroup } from '../../src/report/types.js';

const BOUND = { timeout: 90_000 };
const CALLS = 2;

interface Seen {
  report: Report;
  /** Whether Node tells of a request of `node:http` when it is made. */
  isEarly: boolean;
  /** Whether V8 tells in a thenable's `then` who awaits it. */
  isFollowed: boolean;
}

async function reportOf(set: string, end: string): Promise<Seen> {
  const fixture = spawnFixture('clients.cjs', {
    args: [set, end],
    env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '8000' },
    timeoutMs: 30_000,
  });
  try {
    await fixture.ready();
    if (end === 'spin') await delay(1500); // Spinning counts as such after a second.
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    assert.equal(report.threads[0]?.readBy, end === 'spin' ? 'inspector' : 'port');
    const isPrinted = (line: string): boolean => fixture.stdout.split('\n').includes(line);
    return { report, isEarly: isPrinted('early'), isFollowed: isPrinted('followed') };
  } finally {
    await fixture.stop();
  }
}

/** `2 x /path` of each group of awaits that this function of the fixture is in; without a path where it waits for no request. */
function awaitsIn({ report }: Seen, name: string): string[] {
  return report.tasks.groups
    .filter((group) => group.type === 'await' && group.awaitStack.some((frame) => frame.function === name))
    .map(({ count, waitsFor }) => `${count} x ${waitsFor?.what.replace(/^GET 127\.0\.0\.1:\d+ /, '') ?? 'something'}`)
    .sort();
}

function outgoing({ report }: Seen): TaskGroup[] {
  return report.tasks.groups.filter(({ type, waitsFor }) => type === 'request' && waitsFor?.kind === 'http-out');
}

for (const end of ['idle', 'spin']) {
  test(`${end}: each way in which clients make requests is one await that says what it waits for`, BOUND, async () => {
    const seen = await reportOf('clients', end);
    const { isEarly, isFollowed } = seen;
    assert.equal(outgoing(seen).length, 8);
    const what = (path: string, isTold = isEarly): string[] => [`${CALLS} x ${isTold ? path : 'something'}`];
    for (const name of ['chained', 'returned', 'listened']) assert.deepEqual(awaitsIn(seen, name), what(`/${name}`));
    assert.deepEqual(awaitsIn(seen, 'thenable'), what('/thenable', isEarly && isFollowed));
    assert.deepEqual(awaitsIn(seen, 'fetched'), what('/fetched', true));
    assert.deepEqual(awaitsIn(seen, 'parallel'), [...what('/left'), ...what('/right')]);
    // Where it is known for no request, the promise of the function that returned it late counts as well.
    if (isEarly) assert.deepEqual(awaitsIn(seen, 'authorized'), what('/authorized'));
  });

  test(`${end}: an await for the rest of a response says which one`, BOUND, async () => {
    const seen = await reportOf('bodies', end);
    assert.equal(outgoing(seen).length, 7);
    for (const name of ['iterated', 'helped', 'consumed', 'piped', 'closed', 'ended', 'collected']) {
      const told = [`${CALLS} x ${seen.isEarly ? `/body/${name}` : 'something'}`];
      assert.deepEqual(awaitsIn(seen, name), told, name);
    }
  });

  test(
    `${end}: what cannot be known, and what waits for something else, is told apart from the requests`,
    BOUND,
    async () => {
      const seen = await reportOf('apart', end);
      assert.equal(outgoing(seen).length, 8);
      const names = ['ticked', 'postponed', 'flushed', 'before', 'after', 'answered', 'fetchedBefore', 'unheard'];
      for (const name of names) assert.deepEqual(awaitsIn(seen, name), [`${CALLS} x something`], name);
    },
  );
}
