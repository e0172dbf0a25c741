import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { SharedState } from '../../src/agent/sharedState.js';
import { StandIn, type Claim } from '../../src/sentinel/standIn.js';

const GRACE_MS = 10;
const DEADLINE_MS = 30;

/** The sentinel's side, and a main that can be told whether its loop turns. */
interface Sides {
  shared: SharedState;
  /** `reads` is false for one that answers in the middle of a turn, and hangs before it reads what came meanwhile. */
  main: { turns: boolean; reads: boolean };
  hear: (isOurs?: boolean) => Promise<Claim | null>;
  begun: (claim: number) => Promise<Claim | null>;
  missed: (isUnread: boolean) => Promise<boolean>;
}

function sides(): Sides {
  const shared = new SharedState();
  const main = { turns: true, reads: true };
  const turns = async (boundMs: number): Promise<boolean> => {
    // A question that may wait for days is answered when main wakes.
    if (boundMs > 10_000) while (!main.turns) await setTimeout(1, undefined, { ref: false });
    return main.turns;
  };
  const standIn = new StandIn(shared, { turns, reads: async (boundMs) => (await turns(boundMs)) && main.reads });
  const hear = (isOurs = true): Promise<Claim | null> =>
    standIn.heard(
      GRACE_MS,
      () => DEADLINE_MS,
      () => isOurs,
    );
  return {
    shared,
    main,
    hear,
    begun: (claim) => standIn.begun(claim, DEADLINE_MS),
    missed: (isUnread) => standIn.missed(GRACE_MS, () => isUnread),
  };
}

test('a main that turns is left to report, and one that hangs is not', async () => {
  const { shared, main, hear } = sides();
  shared.countSignalOnMain();
  assert.equal(await hear(), null);
  main.turns = false;
  const claim = await hear();
  assert.notEqual(claim, null);
  assert.equal(shared.leader, 'sentinel');
  // It wakes, and hears what was answered.
  assert.ok(shared.countSignalOnMain() <= shared.signalsServed);
  shared.releaseLead(claim?.number ?? 0);
  assert.ok(shared.countSignalOnMain() > shared.signalsServed, 'the next one is its own again');
});

test('a main that answers and hangs before it reads the signal is not left to report', async () => {
  const { shared, main, hear } = sides();
  main.reads = false;
  assert.notEqual(await hear(), null);
  assert.equal(shared.leader, 'sentinel');
});

test('nor is a signal taken from a main that hears it after it answered', async () => {
  const { shared, main, hear } = sides();
  main.reads = false;
  const heard = hear();
  shared.countSignalOnMain();
  assert.equal(await heard, null);
});

test('a signal that main alone heard, before the sentinel listened, hides no later one', async () => {
  const { shared, main, hear } = sides();
  shared.countSignalOnMain();
  main.turns = false;
  assert.notEqual(await hear(), null);
});

test('the counts come together again when all is quiet', { timeout: 10_000 }, async () => {
  const { shared, main, hear } = sides();
  shared.countSignalOnMain();
  shared.countSignalOnMain();
  assert.equal(await hear(), null);
  await setTimeout(1200);
  main.turns = false;
  assert.notEqual(await hear(), null);
  assert.ok(shared.countSignalOnMain() <= shared.signalsServed);
});

test('several signals of one hang are one report, and all of them are served', async () => {
  const { shared, main, hear } = sides();
  main.turns = false;
  const claims = await Promise.all([hear(), hear(), hear()]);
  assert.equal(claims.filter((claim) => claim !== null).length, 1);
  for (let count = 0; count < 3; count++) assert.ok(shared.countSignalOnMain() <= shared.signalsServed);
});

test('a main that hangs with the lead loses it after its deadline', async () => {
  const { shared, main, hear } = sides();
  const ofMain = shared.claimLead('main');
  main.turns = false;
  const started = performance.now();
  assert.deepEqual(await hear(), { number: ofMain + 1, ofMain });
  assert.ok(performance.now() - started >= DEADLINE_MS);
});

test('what main began for somebody whom the sentinel did not hear is taken over when main does not come through', async () => {
  const { shared, begun } = sides();
  const finished = shared.claimLead('main');
  const watch = begun(finished);
  shared.releaseLead(finished);
  const hung = shared.claimLead('main');
  assert.equal(await watch, null, 'it came through with that one');
  assert.deepEqual(await begun(hung), { number: hung + 1, ofMain: hung });
});

test('what main began is taken over once, by the signal that was heard where there is one', async () => {
  const { shared, main, hear, begun } = sides();
  const ofMain = shared.claimLead('main');
  main.turns = false;
  const claims = await Promise.all([begun(ofMain), hear()]);
  assert.deepEqual(claims, [null, { number: ofMain + 1, ofMain }]);
});

test('a signal that waits for a main that hangs was missed, and none that main can read or that was heard', async () => {
  const turning = sides();
  assert.equal(await turning.missed(true), false);
  const hung = sides();
  hung.main.turns = false;
  assert.equal(await hung.missed(false), false);
  assert.equal(await hung.missed(true), true);
  const [isMissed] = await Promise.all([hung.missed(true), hung.hear()]);
  assert.equal(isMissed, false);
});

test('a signal that was missed and never came to main takes away no later one', { timeout: 10_000 }, async () => {
  const { shared, main, hear, missed } = sides();
  main.turns = false;
  assert.equal(await missed(true), true);
  shared.releaseLead((await hear())?.number ?? 0);
  assert.equal(shared.signalsServed, 1);
  main.turns = true;
  await setTimeout(1200);
  assert.ok(shared.countSignalOnMain() > shared.signalsServed);
});

test('a signal that went to a listener of the application is none of ours', async () => {
  const { shared, main, hear } = sides();
  main.turns = false;
  assert.equal(await hear(false), null);
  assert.equal(shared.leader, 'none');
});
