import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, property } from 'fast-check';
import { findSuspects, worstReportsFirst } from '../../src/report/suspects.js';
import type { Report } from '../../src/report/types.js';
import { renderAnnotations, renderMarkdown, renderSuspects } from '../../src/view/suspects.js';
import { at, group, packageFrame, sampleReport } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

const BOUND = { timeout: 60_000 };
const FOLDER = '/srv/billing';

/** A process in which nothing is stuck, and one await of the application has been waiting. */
function waiting(pid: number, maxMs: number): Report {
  const report = sampleReport();
  report.process.pid = pid;
  report.verdicts = [];
  report.tasks.groups = [
    group('g1', {
      awaitStack: [packageFrame('run', 'vitest', 1), at('waits', 'test/a.test.ts', 7, { async: true, kind: 'await' })],
      ageMs: { min: maxMs, median: maxMs, max: maxMs },
    }),
    group('g2', { awaitStack: [packageFrame('listen', 'vitest', 2)], ageMs: { min: 0, median: 0, max: 1e9 } }),
  ];
  return report;
}

test('what is stuck comes before what waits, the longest wait first; awaits of packages are no suspects', () => {
  const reports = [waiting(1, 1000), waiting(2, 5000), sampleReport()];
  const suspects = findSuspects(reports, FOLDER).filter(({ pid }) => pid !== 4242);
  assert.deepEqual(
    suspects.map(({ pid, code, frame }) => [pid, code, frame?.function]),
    [
      [2, 'await', 'waits'],
      [1, 'await', 'waits'],
    ],
  );
  assert.deepEqual(
    worstReportsFirst(reports, FOLDER).map(({ process }) => process.pid),
    [4242, 2, 1],
  );
});

test('a runner that takes itself for the application has suspects of the folder alone', () => {
  const report = waiting(1, 1000);
  report.process.root = `${FOLDER}/node_modules/vitest`;
  assert.equal(findSuspects([report], FOLDER).length, 1);
});

test('the text names process, place and time', () => {
  assert.match(
    renderSuspects(findSuspects([waiting(7, 5000)], FOLDER), 0),
    /^WAITS {2}billing-api 7: 1 x await, for 5 s\n {2}in {5}async waits {2}test\/a\.test\.ts:7\n$/,
  );
  assert.match(renderSuspects([], 0), /^Nothing is stuck[^\n]*\n$/);
  assert.match(
    renderSuspects([], 3),
    /^Nothing is stuck[^\n]*\nPromises that were collected without ever settling: 3\./,
  );
});

test('an annotation is one command with the file relative to the folder, escaped as GitHub reads it', () => {
  const [suspect] = findSuspects([waiting(7, 5000)], FOLDER);
  assert.ok(suspect?.frame != null);
  assert.equal(
    renderAnnotations([suspect], FOLDER),
    '::error file=test/a.test.ts,line=7,title=Still awaited when time was up::billing-api 7: 1 x await, for 5 s in async waits  test/a.test.ts:7\n',
  );
  suspect.frame.file = `${FOLDER}/a,b:c%0A.ts`;
  assert.match(renderAnnotations([suspect], FOLDER), /^::error file=a%2Cb%3Ac%250A\.ts,line=7,/);
  suspect.frame.file = '/elsewhere/x.ts';
  assert.match(renderAnnotations([suspect], FOLDER), /^::error title=/);
});

test('no text of a report makes a second annotation, drives a terminal, or is markup in a summary', BOUND, () => {
  check(
    property(hostileText, (text) => {
      const report = withTexts(sampleReport(), (old) => `${text}${old}<b>|\n::error::forged @all ![x](y) \`${text}`);
      report.process.platform = 'linux';
      const suspects = findSuspects([report], FOLDER).slice(0, 1);
      const annotations = renderAnnotations(suspects, FOLDER);
      assert.equal(annotations.match(/^::/gm)?.length, suspects.length);
      assert.equal(annotations.trimEnd().split('\n').length, suspects.length);
      const markdown = renderMarkdown(suspects, text);
      const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
      assert.equal(rows.length, 2 + suspects.length);
      for (const row of rows.slice(2)) assert.equal(row.split('|').length, 7, row);
      assert.doesNotMatch(markdown.replace(/^###? .*|^\|---.*/gm, ''), /<b>|`|\[x\]|@all/);
      for (const all of [annotations, markdown, renderSuspects(suspects, 0)])
        assert.doesNotMatch(all.replaceAll('\n', ''), /[\p{Cc}\u2028-\u202e]/u);
    }),
  );
});
