import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constant, integer, nat, oneof, property, record } from 'fast-check';
import { KeptPromises } from '../../src/tasks/keptPromises.js';

const BOUND = { timeout: 60_000 };

interface Entry {
  promise: object;
  parent: number;
  stack: string | null;
}

/** What is kept, in the order in which a list is read: chunk by chunk, on from the last number seen. */
function listed(kept: KeptPromises): number[] {
  const found: number[] = [];
  let seen = 0;
  for (let chunk = kept.chunkAfter(seen); chunk !== null; chunk = kept.chunkAfter(seen)) {
    for (let index = 0; index < chunk.length; index++) {
      const id = chunk.ids[index] ?? 0;
      if (id > seen && chunk.references[index] !== null) found.push(id);
    }
    seen = chunk.last;
  }
  return found;
}

function add(kept: KeptPromises, id: number, model?: Map<number, Entry>): void {
  const entry = { promise: { id }, parent: id % 3 === 0 ? id - 1 : 0, stack: id % 7 === 0 ? `stack ${id}` : null };
  kept.add({ id, ...entry, labels: null });
  model?.set(id, entry);
}

const step = oneof(
  {
    weight: 3,
    arbitrary: record({ kind: constant('add'), many: nat(900), gap: integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: record({ kind: constant('settle'), many: nat(99), gap: nat(1000) }) },
  { weight: 1, arbitrary: record({ kind: constant('compact'), many: nat(20), gap: constant(0) }) },
);

test('whatever settles and whenever chunks are put together, exactly what is pending is kept', BOUND, () => {
  check(
    property(array(step, { maxLength: 40 }), (steps) => {
      const kept = new KeptPromises();
      const model = new Map<number, Entry>();
      let newest = 0;
      for (const { kind, many, gap } of steps) {
        if (kind === 'add') for (let count = 0; count < many; count++) add(kept, (newest += gap), model);
        else if (kind === 'compact') kept.compact(many);
        else
          // `many` percent of a stretch that begins somewhere.
          for (const [index, id] of [...model.keys()].slice(gap, gap + 2000).entries()) {
            if ((index * 37) % 100 < many) assert.equal(kept.delete(id), model.delete(id));
          }
      }
      assert.equal(kept.size, model.size);
      assert.deepEqual(listed(kept), [...model.keys()]);
      for (let id = 1; id <= newest + 1; id++) {
        assert.equal(kept.has(id), model.has(id));
        assert.equal(kept.find(id), model.get(id)?.promise);
        assert.equal(kept.parentOf(id), model.get(id)?.parent);
        assert.equal(kept.stackOf(id), model.get(id)?.stack ?? null);
      }
    }),
    { numRuns: 60 },
  );
});

test('a promise is forgotten once, and one that was never kept not at all', BOUND, () => {
  const kept = new KeptPromises();
  for (const id of [2, 4, 6]) add(kept, id);
  assert.deepEqual([kept.delete(4), kept.delete(4), kept.delete(3), kept.delete(99)], [true, false, false, false]);
  assert.deepEqual([listed(kept), kept.size], [[2, 6], 2]);
});

test('a number that does not ascend is left out: nothing is kept twice', BOUND, () => {
  const kept = new KeptPromises();
  for (const id of [5, 5, 3, 6]) add(kept, id);
  assert.deepEqual([listed(kept), kept.size], [[5, 6], 2]);
});

test('who reads in slices sees all that stays pending, while chunks are put together and others come', BOUND, () => {
  const kept = new KeptPromises();
  for (let id = 1; id <= 20_000; id++) add(kept, id);
  const seen: number[] = [];
  let last = 0;
  for (let chunk = kept.chunkAfter(0); chunk !== null && last < 20_000; chunk = kept.chunkAfter(last)) {
    for (let index = 0; index < chunk.length; index++) {
      const id = chunk.ids[index] ?? 0;
      if (id > last && chunk.references[index] !== null) seen.push(id);
    }
    last = chunk.last;
    for (let id = last - 1500; id < last + 1500; id++) if (id % 10 !== 0) kept.delete(id);
    for (let more = 0; more < 500; more++) add(kept, 20_000 + seen.length * 1000 + more);
    kept.compact(50);
  }
  const tens = seen.filter((id) => id % 10 === 0 && id <= 20_000);
  assert.deepEqual(
    tens,
    Array.from({ length: 2000 }, (_, index) => (index + 1) * 10),
  );
  assert.equal(new Set(seen).size, seen.length);
});

test('what settled takes no room: a few that stay of very many need a few chunks', BOUND, () => {
  const kept = new KeptPromises();
  for (let id = 1; id <= 500_000; id++) {
    add(kept, id);
    if (id > 2000 && (id - 2000) % 1000 !== 0) kept.delete(id - 2000);
  }
  let chunks = 0;
  for (let chunk = kept.chunkAfter(0); chunk !== null; chunk = kept.chunkAfter(chunk.last)) chunks++;
  assert.equal(kept.size, 2000 + 498);
  assert.ok(chunks < 30, `${chunks} chunks`);
});
