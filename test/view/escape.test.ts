import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as check, constantFrom, oneof, property, string } from 'fast-check';
import { cut, escape, escapeJson } from '../../src/view/escape.js';
import { renderText } from '../../src/view/text.js';
import { sampleReport } from '../report/sample.js';
import { hostileText, withTexts } from './hostile.js';

const HEADING = /^\s*(====|------|-- end)/;

/** Lines that look like a heading. Longer texts may need the section Verdicts, whose heading has three. */
function headings(report: string): number {
  const lines = report.split('\n').filter((line) => HEADING.test(line)).length;
  return /^==== +Verdicts +====$/m.test(report) ? lines - 3 : lines;
}

test('ordinary Unicode and backslashes stay as they are', () => {
  for (const text of ['naïve café', '日本語 مرحبا עברית', '👩‍💻 🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301', String.raw`C:\new\table`, 'a  b', ''])
    assert.equal(escape(text), text);
});

test('characters with power over a terminal are shown as text', () => {
  assert.equal(escape('a\nb\r\tc'), String.raw`a\nb\r\tc`);
  assert.equal(escape('\u001b[31m\u009b\u007f\u0000'), String.raw`\u001b[31m\u009b\u007f\u0000`);
  assert.equal(escape('\u202e\u2066\u200f\u2028\ufeff\ud800'), String.raw`\u202e\u2066\u200f\u2028\ufeff\ud800`);
});

test('escaped JSON parses to what it was', () => {
  check(property(hostileText, (text) => assert.equal(JSON.parse(escapeJson(JSON.stringify(text))), text)));
});

test('a cut text says how much it lacks and never ends in half a character', () => {
  assert.equal(cut('abcdef', 4), 'abcd... (2 more characters)');
  assert.equal(cut('abc😀', 4), 'abc... (2 more characters)');
  assert.equal(cut('abcd', 4), 'abcd');
});

test(
  'no text in a report forges a heading, adds a line that looks like one, or drives a terminal',
  { timeout: 60_000 },
  () => {
    check(
      property(hostileText, hostileText, (before, after) => {
        // The same number of different texts in both, so that both reports have the same threads, groups and sections.
        const calm = renderText(withTexts(sampleReport(), (text) => `x${text}x`));
        const hostile = renderText(withTexts(sampleReport(), (text) => `${before}${text}${after}~`));
        assert.equal(headings(hostile), headings(calm));
        assert.doesNotMatch(hostile.replaceAll('\n', ''), /[\p{Cc}\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u);
      }),
      { numRuns: 300 },
    );
  },
);

test('texts that are nothing but hostile do not break the text, whole or folded', { timeout: 60_000 }, () => {
  const inherited = constantFrom('__proto__', 'constructor', 'toString');
  check(
    property(oneof(hostileText, inherited), string({ maxLength: 3 }), (text, other) => {
      for (const full of [false, true]) {
        const lines = renderText(
          withTexts(sampleReport(), (old) => (old.length % 2 === 0 ? text : other)),
          { full },
        ).split('\n');
        assert.match(lines[0] ?? '', /^==== Guru Meditation ====/);
        assert.match(lines.at(-2) ?? '', /^-- end .* --$/);
        assert.equal(lines.filter((line) => line.startsWith('-- end')).length, 1);
      }
    }),
    { numRuns: 200 },
  );
});
