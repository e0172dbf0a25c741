import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Trigger } from '../../src/report/types.js';
import { ReportQueue } from '../../src/sentinel/reportQueue.js';

function asked(detail: string): Trigger {
  return { kind: 'file', detail };
}

test('what is asked for during a report is answered by one more', { timeout: 10_000 }, async () => {
  const begun: string[] = [];
  let release!: () => void;
  const first = new Promise<void>((resolve) => (release = resolve));
  const queue = new ReportQueue(async ({ detail }) => {
    begun.push(detail);
    if (begun.length === 1) await first;
    return true;
  });
  const done = queue.ask(asked('first'));
  for (let count = 0; count < 1000; count++) await queue.ask(asked(`touch ${count}`));
  release();
  await done;
  assert.deepEqual(begun, ['first', 'touch 999']);
  await queue.ask(asked('later'));
  assert.deepEqual(begun, ['first', 'touch 999', 'later']);
});

test('while somebody else takes a report it is asked for again', { timeout: 10_000 }, async () => {
  let attempts = 0;
  const queue = new ReportQueue(async () => ++attempts === 4);
  await queue.ask(asked('once'));
  assert.equal(attempts, 4);
});
