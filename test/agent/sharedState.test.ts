import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedState } from '../../src/agent/sharedState.js';

/** As many slots as there are (`sharedState.ts`): threads with numbers that far apart look for the same slot. */
const SLOTS = 1024;

const known = (shared: SharedState): number[] => shared.threads().map(({ threadId }) => threadId);

test('a thread whose own slot is taken has the next one, and loses that alone', () => {
  const shared = new SharedState();
  const threads = [3, 3 + SLOTS, 4, 3 + 2 * SLOTS];
  assert.deepEqual(
    threads.map((threadId) => shared.takeSlot(threadId, null)),
    [3, 4, 5, 6],
  );
  shared.freeSlotOf(3);
  shared.freeSlotOf(4);
  assert.deepEqual(known(shared), [3 + SLOTS, 3 + 2 * SLOTS]);
  shared.freeSlotOf(3 + SLOTS);
  shared.freeSlotOf(3 + 2 * SLOTS);
  assert.deepEqual(known(shared), []);
});

test('a thread without a slot loses none, and one more than all slots gets none until another is free', () => {
  const shared = new SharedState();
  for (let threadId = 0; threadId < SLOTS; threadId++) shared.takeSlot(threadId, null);
  shared.freeSlotOf(SLOTS + 7);
  assert.equal(shared.takeSlot(SLOTS, null), -1);
  shared.freeSlotOf(SLOTS - 1);
  assert.equal(shared.takeSlot(SLOTS, null), SLOTS - 1);
});

test('what the sentinel was told of signals is known to be so until main changes it, and main waits only for one that listens', () => {
  const shared = new SharedState();
  shared.countSignalChange();
  shared.waitForSignalsKnown(60_000); // Nobody listens: at once.
  const { signalChanges } = shared;
  assert.equal(shared.markSignalsKnown(signalChanges), true);
  shared.waitForSignalsKnown(60_000);
  shared.countSignalChange();
  assert.equal(shared.markSignalsKnown(signalChanges), false);
  const begun = performance.now();
  shared.waitForSignalsKnown(30);
  assert.ok(performance.now() - begun >= 25);
  assert.equal(shared.markSignalsKnown(shared.signalChanges), true);
});
