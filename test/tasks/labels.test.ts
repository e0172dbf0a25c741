import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLabel, areLabelsInUse, currentLabels, runWithLabels } from '../../src/tasks/labels.js';

test('there is no scope before the first label', () => {
  assert.equal(areLabelsInUse(), false);
  assert.equal(currentLabels(), null);
});

test('labels hold in their scope and in what it calls and awaits, and nowhere else', async () => {
  const inside = await runWithLabels({ tenant: 17 }, async () => {
    await Promise.resolve();
    return runWithLabels({ job: 'pdf' }, () => currentLabels());
  });
  assert.deepEqual(inside, { tenant: '17', job: 'pdf' });
  assert.equal(currentLabels(), null);
});

test('a label holds from where it is set, and undefined takes it away', async () => {
  await runWithLabels({}, async () => {
    addLabel('tenant', 17);
    addLabel('job', 'pdf');
    await Promise.resolve();
    assert.deepEqual(currentLabels(), { tenant: '17', job: 'pdf' });
    addLabel('tenant', undefined);
    assert.deepEqual(currentLabels(), { job: 'pdf' });
  });
});

test('what cannot be a label is bounded or says so, and nothing is thrown', () => {
  const hostile = {
    toString(): string {
      throw new Error('no text');
    },
  };
  const shown = runWithLabels({ huge: 'x'.repeat(1_000_000), hostile, none: null, symbol: Symbol('s') }, currentLabels);
  assert.equal(shown?.['huge']?.length, 200 + '... (+999800)'.length);
  assert.equal(shown?.['hostile'], '(its toString throws)');
  assert.deepEqual([shown?.['none'], shown?.['symbol']], ['null', 'Symbol(s)']);
  for (const labels of [null, undefined, 7, new Proxy({}, { ownKeys: () => hostile.toString() as never })])
    assert.equal(
      runWithLabels(labels, () => 'ran'),
      'ran',
    );
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index]));
  assert.equal(Object.keys(runWithLabels(many, currentLabels) ?? {}).length, 17);
});

test('what the work throws is thrown on', () => {
  assert.throws(
    () =>
      runWithLabels({ a: 1 }, () => {
        throw new RangeError('mine');
      }),
    RangeError,
  );
});
