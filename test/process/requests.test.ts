/** What tasks wait for, and their labels, in healthy and in hung threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertQuiet, spawnFixture } from '../harness/spawn.js';
import type { Frame, Report, TaskGroup } from '../../src/report/types.js';

const BOUND = { timeout: 90_000 };

async function reportOf(thread: string, end: string): Promise<Report> {
  const fixture = spawnFixture('requests.cjs', {
    args: [thread, end],
    env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '8000' },
    timeoutMs: 30_000,
  });
  try {
    await fixture.ready();
    if (end === 'spin') await delay(1500); // Spinning counts as such after a second.
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    return report;
  } finally {
    await fixture.stop();
  }
}

function isCharge({ waitsFor }: TaskGroup): boolean {
  return waitsFor?.kind === 'http-out' && /^GET 127\.0\.0\.1:\d+ \/charge$/.test(waitsFor.what);
}

function isRun({ function: name, file }: Frame): boolean {
  return name === 'run' && file?.endsWith('requests.cjs') === true;
}

function arePlacesRead(report: Report): boolean {
  return !report.report.notRead.some(({ what, why }) => /place/.test(`${what} ${why}`));
}

function told(groups: TaskGroup[]): unknown[] {
  return groups.map(({ count, labels }) => [count, labels['tenant']]);
}

function only(report: Report, holds: (group: TaskGroup) => boolean): TaskGroup[] {
  return report.tasks.groups
    .filter(holds)
    .sort((one, other) => (one.labels['tenant'] ?? '').localeCompare(other.labels['tenant'] ?? ''));
}

for (const [thread, end, threadId] of [
  ['main', 'idle', 0],
  ['main', 'spin', 0],
  ['worker', 'spin', 2],
] as const) {
  test(`${thread}, ${end}: requests, the awaits for them, and labels are told`, BOUND, async () => {
    const report = await reportOf(thread, end);
    const seen = report.threads.find((one) => one.threadId === threadId);
    if (end === 'spin') assert.equal(seen?.readBy, 'inspector');
    const halves = [
      [15, '0'],
      [15, '1'],
    ];
    const requests = only(report, (group) => group.type === 'request' && isCharge(group));
    assert.deepEqual(told(requests), halves);
    assert.ok(requests.every(({ threadIds }) => threadIds.length === 1 && threadIds[0] === threadId));
    assert.ok(requests.every(({ createdAt }) => createdAt.some((frame) => frame.function === 'charge')));
    for (const name of ['charge', 'load']) {
      const awaits = only(report, ({ awaitStack, labels }) => awaitStack[0]?.function === name && 'tenant' in labels);
      // On a machine that is short of CPU the places of some promises are left out, which the report says.
      const isWhole = arePlacesRead(report);
      if (isWhole) assert.deepEqual(told(awaits), halves);
      else assert.ok(awaits.length > 0 && awaits.every(({ count }) => count <= 15));
      if (name === 'charge')
        assert.ok(isWhole ? awaits.every(isCharge) : awaits.some(isCharge), JSON.stringify(awaits));
    }
    const timers = only(
      report,
      ({ type, labels, createdAt }) => type === 'Timeout' && 'tenant' in labels && createdAt.some(isRun),
    );
    assert.deepEqual(told(timers), halves);
    const incoming = only(report, ({ type, waitsFor }) => type === 'request' && waitsFor?.kind === 'http-in');
    assert.deepEqual(
      incoming.map(({ count, waitsFor }) => [count, waitsFor?.what.replace(/\d+/, 'port')]),
      [[30, 'GET :port /charge']],
    );
    const [hostile] = only(report, ({ labels }) => 'hostile' in labels);
    assert.equal(hostile?.labels['hostile'], '(its toString throws)');
    assert.equal(hostile.labels['password'], '***');
    assert.match(hostile.labels['huge'] ?? '', /^x+\.\.\. \(\+999800\)$/);
    const shown = report.tasks.groups.map(({ waitsFor, labels }) => [waitsFor, labels]);
    // The port that the test's server was given may look like the beginning of the card's number.
    const text = JSON.stringify(shown).replaceAll(/:\d{1,5}(?= \/charge")/g, ':port');
    assert.doesNotMatch(text, /4111|card|hunter2/);
  });
}
