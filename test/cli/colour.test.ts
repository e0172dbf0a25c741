import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasColours, painted } from '../../src/cli/colour.js';
import { renderText } from '../../src/view/text.js';
import { sampleReport } from '../report/sample.js';

const TERMINAL = { isTTY: true };
const PIPE = { isTTY: false };
const XTERM = { TERM: 'xterm-256color' };

test('a terminal has colours unless it or NO_COLOR says otherwise; FORCE_COLOR is above both', () => {
  assert.equal(hasColours(TERMINAL, XTERM), true);
  assert.equal(hasColours(PIPE, XTERM), false);
  assert.equal(hasColours({}, XTERM), false);
  assert.equal(hasColours(TERMINAL, { TERM: 'dumb' }), false);
  assert.equal(hasColours(TERMINAL, { ...XTERM, NO_COLOR: '1' }), false);
  assert.equal(hasColours(TERMINAL, { ...XTERM, NO_COLOR: '' }), true);
  assert.equal(hasColours(PIPE, { TERM: 'dumb', FORCE_COLOR: '1' }), true);
  assert.equal(hasColours(TERMINAL, { ...XTERM, FORCE_COLOR: '0' }), false);
});

test('without colours the text is what it was', () => {
  const text = renderText(sampleReport());
  assert.equal(painted(text, false), text);
});

test('head words are painted on the first screen alone: below it lines are of the application', () => {
  const report = sampleReport();
  report.sections.push({ title: 'Own', data: 'STUCK  in traffic', error: null });
  const lines = painted(renderText(report), true).split('\n');
  const stuck = lines.filter((line) => line.includes('STUCK'));
  assert.ok(stuck[0]?.startsWith('\u001b['));
  assert.ok(stuck.includes('STUCK  in traffic'));
});
