import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { InTurn } from '../../src/coordinator/inTurn.js';

/** Who was asked so far, and the turns themselves. */
function turnsOf(atOnce: number, threadIds: readonly number[]): { turns: InTurn; asked: number[] } {
  const asked: number[] = [];
  const turns = new InTurn((threadId) => asked.push(threadId), atOnce);
  for (const threadId of threadIds) turns.add(threadId);
  return { turns, asked };
}

describe('asking in turn', () => {
  it('asks nobody before it starts, then as many as there may be at once, and one more for each that ends', () => {
    const { turns, asked } = turnsOf(2, [1, 2, 3, 4]);
    assert.deepEqual(asked, []);
    turns.start();
    assert.deepEqual(asked, [1, 2]);
    turns.end(2);
    assert.deepEqual(asked, [1, 2, 3]);
    turns.end(2);
    turns.end(99);
    assert.deepEqual(asked, [1, 2, 3]);
    turns.add(5);
    turns.end(1);
    turns.end(3);
    assert.deepEqual(asked, [1, 2, 3, 4, 5]);
    turns.stop();
  });

  it('does not ask one that is gone before its turn', () => {
    const { turns, asked } = turnsOf(1, [1, 2, 3]);
    turns.start();
    turns.end(2);
    turns.end(1);
    assert.deepEqual(asked, [1, 3]);
    turns.stop();
  });

  it('asks all in the end when nobody answers', async () => {
    const all = Array.from({ length: 40 }, (_, index) => index);
    const { turns, asked } = turnsOf(4, all);
    turns.start();
    assert.equal(asked.length, 4);
    for (let waited = 0; waited < 5000 && asked.length < all.length; waited += 20) await setTimeout(20);
    assert.deepEqual(asked, all);
    turns.stop();
  });

  it('asks nobody after it stopped', async () => {
    const { turns, asked } = turnsOf(1, [1, 2]);
    turns.start();
    turns.stop();
    turns.end(1);
    await setTimeout(10);
    assert.deepEqual(asked, [1]);
  });
});
