import assert from 'node:assert/strict';
import test from 'node:test';
import { checkByHeartbeats, type CheckAnswer } from '../../../src/coordinator/asking/check.js';
import { exitCodeOf, inWords } from '../../../src/cli/check.js';

/** Heartbeats of main and a worker, each so long ago, in ms. */
function heartbeats(main: number, worker: number, heartbeatMs: number | null = 250): CheckAnswer {
  const threads = [
    { threadId: 2, turnedAtMs: 100_000 - worker },
    { threadId: 0, turnedAtMs: 100_000 - main },
  ];
  return checkByHeartbeats(threads, 100_000, heartbeatMs);
}

test(
  'loops that turned lately turn, main is stuck when its stands still, a worker may be parked',
  { timeout: 10_000 },
  () => {
    assert.deepEqual(
      heartbeats(10, 250).threads.map(({ state }) => state),
      ['turns', 'turns'],
    );
    assert.deepEqual(heartbeats(41_200, 250).threads[0], {
      threadId: 0,
      turnedAgoMs: 41_200,
      state: 'stuck',
      text: 'main has not turned its loop for 41 s',
    });
    assert.equal(heartbeats(10, 41_200).threads[1]?.state, 'unknown');
    assert.deepEqual(
      heartbeats(10, 41_200, null).threads.map(({ state }) => state),
      ['unknown', 'unknown'],
    );
  },
);

test('a heartbeat that is rare is not stale before the next one is due', { timeout: 10_000 }, () => {
  assert.equal(heartbeats(4000, 0, 250).threads[0]?.state, 'stuck');
  assert.equal(heartbeats(4000, 0, 10_000).threads[0]?.state, 'turns');
});

test('the exit code is 1 when something is stuck, 3 when nobody can tell, else 0', { timeout: 10_000 }, () => {
  assert.equal(exitCodeOf(heartbeats(10, 10)), 0);
  assert.equal(exitCodeOf(heartbeats(41_200, 41_200)), 1);
  assert.equal(exitCodeOf(heartbeats(10, 41_200)), 3);
  assert.equal(exitCodeOf({ format: 'guru-meditation.check', formatVersion: 1, threads: [] }), 3);
});

test('in words there is a line for what is wrong, or one for all', { timeout: 10_000 }, () => {
  assert.equal(inWords(heartbeats(10, 10)), 'nothing is stuck: 2 threads, main turned its loop 10 ms ago\n');
  assert.equal(
    inWords(heartbeats(41_200, 41_200)),
    'STUCK: main has not turned its loop for 41 s\nUNSURE: worker 2 has not turned its loop for 41 s\n',
  );
});
