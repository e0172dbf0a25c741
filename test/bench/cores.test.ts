import assert from 'node:assert/strict';
import test from 'node:test';
import { coresOf } from '../../bench/harness/cores.mjs';

const BOUND_MS = 20_000;

test('a list of cores is read as the kernel writes it', { timeout: BOUND_MS }, () => {
  assert.deepEqual(coresOf('\t0-3,8\n'), [0, 1, 2, 3, 8]);
  assert.deepEqual(coresOf('5'), [5]);
  assert.deepEqual(coresOf(''), []);
});
