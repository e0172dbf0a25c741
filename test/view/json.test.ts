import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, property } from 'fast-check';
import type { Report } from '../../src/report/types.js';
import { renderJson } from '../../src/view/json.js';
import { sampleReport } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

function keys(sections: string[]): string[] {
  return Object.keys(JSON.parse(renderJson(sampleReport(), { sections })) as object);
}

test('JSON reads back as the report', () => {
  assert.deepEqual(JSON.parse(renderJson(sampleReport())), sampleReport());
});

test('keys come in the order of the types wherever the report was put together, later ones behind', () => {
  const turned = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(turned);
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, turned(item)]),
    );
  };
  const report = { newer: 1, ...(turned({ ...sampleReport(), configuration: {}, sections: [] }) as Report) };
  for (const one of report.threads) one.resources = {};
  const expected = { ...sampleReport(), configuration: {}, sections: [] };
  for (const one of expected.threads) one.resources = {};
  const json = renderJson(report).trimEnd();
  assert.equal(json, JSON.stringify({ ...expected, newer: 1 }, null, 2));
});

test('a section that was left out has no key, and others stay', () => {
  const always = ['format', 'formatVersion', 'report', 'process', 'verdicts', 'sections'];
  assert.deepEqual(keys(['threads', 'green threads']).sort(), [...always, 'tasks', 'threads'].sort());
  assert.ok(!keys(['-configuration']).includes('configuration'));
  const { sections } = JSON.parse(renderJson(sampleReport(), { sections: ['Switches'] })) as Report;
  assert.deepEqual(
    sections.map((section) => section.title),
    ['Switches'],
  );
});

test('hostile texts survive in JSON and have no power over a terminal', { timeout: 60_000 }, () => {
  check(
    property(hostileText, (text) => {
      const report = withTexts(sampleReport(), (old) => old + text);
      const json = renderJson(report);
      assert.deepEqual(JSON.parse(json), report);
      assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 100 },
  );
});

test('data nested without end is cut instead of failing, and a key called __proto__ stays one', () => {
  const report = sampleReport();
  let data: Report['sections'][number]['data'] = 'bottom';
  for (let depth = 0; depth < 20_000; depth += 1) data = [data];
  report.sections = [
    { title: 'Deep', data, error: null },
    { title: 'Sly', data: JSON.parse('{ "__proto__": { "a": 1 } }'), error: null },
  ];
  const json = renderJson(report);
  assert.match(json, /\(deeper levels left out\)/);
  assert.match(json, /"__proto__": \{\n\s+"a": 1/);
});
