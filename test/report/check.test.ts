import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anything, assert as check, constantFrom, integer, property } from 'fast-check';
import { structuralFault } from '../../src/report/check.js';
import { renderText } from '../../src/view/text.js';
import { render } from '../../src/view/render.js';
import { diffReports } from '../../src/report/diff.js';
import { renderDiff } from '../../src/view/diff.js';
import type { Report } from '../../src/report/types.js';
import { sampleReport } from './sample.js';

const BOUND = { timeout: 90_000 };

interface Spot {
  holder: Record<string, unknown>;
  key: string;
}

/** Every key of every object and array below. */
function spots(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...spots(holder[key])]);
}

test('a sound report has no fault, also with keys and words of a later version', () => {
  const report = sampleReport();
  assert.equal(structuralFault(report), null);
  const later = { ...report, moon: { phase: 'full' }, verdicts: [{ ...report.verdicts[0], code: 'thread-sleepy' }] };
  assert.equal(structuralFault(JSON.parse(JSON.stringify(later))), null);
});

test('a report from which sections were left out is sound; one without its process is not', () => {
  const { format, formatVersion, report, process } = sampleReport();
  assert.equal(structuralFault({ format, formatVersion, report, process }), null);
  assert.equal(structuralFault({ format, formatVersion, report }), 'the report has no process');
  assert.equal(structuralFault([]), 'the report is an array, expected object');
  assert.equal(structuralFault(null), 'the report is null, expected object');
});

test('the fault names the place, what was expected and what is there', () => {
  const report = sampleReport();
  Object.assign(report.threads[0] ?? {}, { stack: 7 });
  assert.equal(structuralFault(report), 'threads[0].stack is an integer, expected array');
});

test('what is nested too deep is a fault, and does not overflow the stack', BOUND, () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 200_000; depth++) deep = [deep];
  assert.equal(structuralFault({ ...sampleReport(), configuration: { deep } }), 'it is nested deeper than any report');
});

test('whatever is put in place of a part: it is a fault, or every view can show it', BOUND, () => {
  const total = spots(sampleReport()).length;
  const odd = constantFrom<unknown[]>(null, 1e308, -1, 0.5, '', 'x'.repeat(5000), true, [], {}, [null], [[]], {
    a: [],
  });
  check(
    property(integer({ min: 0, max: total - 1 }), odd, (index, value) => {
      const report = sampleReport();
      const spot = spots(report)[index];
      if (spot !== undefined) spot.holder[spot.key] = value;
      if (structuralFault(report) !== null) return;
      for (const full of [false, true]) renderText(report, { full });
      for (const view of ['json', 'xml', 'summary'] as const) render(report, view);
      renderDiff(diffReports(sampleReport(), report), { full: true });
    }),
    { numRuns: 300 },
  );
});

test('whatever the data is, a fault is one line without control characters', BOUND, () => {
  check(
    property(anything(), integer({ min: 0, max: 500 }), (value, index) => {
      const report = sampleReport();
      const all = spots(report);
      const spot = all[index % all.length];
      if (spot !== undefined) spot.holder[spot.key] = value;
      const fault = structuralFault(report as Report);
      if (fault !== null) assert.match(fault, /^[\x20-\x7e]{1,300}$/);
    }),
  );
});
