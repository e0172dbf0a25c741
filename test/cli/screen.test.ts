import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitted } from '../../src/cli/screen.js';

const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);

test('as many lines as the terminal has rows, less one for the foot and one for the cursor', () => {
  assert.deepEqual(fitted(lines, 'foot', { rows: 10, columns: 80 }), [...lines.slice(0, 8), 'foot']);
  assert.deepEqual(fitted(lines.slice(0, 3), 'foot', { rows: 10, columns: 80 }), [...lines.slice(0, 3), 'foot']);
  assert.equal(fitted(lines, 'foot', {}).length, 23);
});

test('a line that is wider than the terminal takes the rows that it takes', () => {
  const wide = ['head', 'x'.repeat(41), '', 'y'.repeat(40), 'z'.repeat(81)];
  assert.deepEqual(fitted(wide, 'foot', { rows: 8, columns: 40 }), [...wide.slice(0, 4), 'foot']);
  assert.deepEqual(fitted(wide, 'f'.repeat(80), { rows: 8, columns: 40 }), [...wide.slice(0, 4), 'f'.repeat(80)]);
  assert.deepEqual(fitted(wide, 'foot', { rows: 7, columns: 40 }), [...wide.slice(0, 4), 'foot']);
  assert.deepEqual(fitted(wide, 'foot', { rows: 6, columns: 40 }), [...wide.slice(0, 3), 'foot']);
});
