import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { Link } from '../../src/coordinator/link.js';
import { LoopTurns } from '../../src/coordinator/loopTurns.js';
import { MainLoop } from '../../src/sentinel/mainLoop.js';

/** The sentinel's view of a main that gives these answers, and none after them. */
function answering(turns: readonly number[]): { main: MainLoop; asked: () => number } {
  let asked = 0;
  const link = {
    ask: async () => {
      const turn = turns[asked++];
      if (turn === undefined) throw new Error('no answer in time');
      return turn;
    },
  };
  return { main: new MainLoop(link as unknown as Link), asked: () => asked };
}

test('a main that answers has a loop that turns', async () => {
  assert.equal(await answering([7]).main.turns(10), true);
  assert.equal(await answering([]).main.turns(10), false);
});

test('it has read what came before a question two turns later, and is asked until then', async () => {
  const { main, asked } = answering([7, 7, 8, 8, 9, 10]);
  assert.equal(await main.reads(1000), true);
  assert.equal(asked(), 5);
});

test('one that hangs after its answer, or a turn later, has not', async () => {
  for (const turns of [[], [7], [7, 7, 8]]) assert.equal(await answering(turns).main.reads(1000), false);
});

test('nor one that does not come so far in time', async () => {
  const main = new MainLoop({ ask: () => setTimeout(5, 7) } as unknown as Link);
  assert.equal(await main.reads(30), false);
});

test('a real loop comes so far by being asked alone, and nobody sees that it counts', async () => {
  const { port1, port2 } = new MessageChannel();
  const turns = new LoopTurns();
  const link = new Link(port1);
  port1.ref();
  new Link(port2).on('turns', () => {
    const turn = turns.count();
    assert.ok(!process.getActiveResourcesInfo().includes('Immediate'));
    return turn;
  });
  assert.equal(await new MainLoop(link).reads(4000), true);
  port1.close();
});
