import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lackingSignals, requestFile } from '../../src/coordinator/requestFile.js';
import { resolveOptions } from '../../src/resolveOptions.js';

/** `os.constants.signals` on Windows. */
const WINDOWS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGILL: 4,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
  SIGBREAK: 21,
  SIGABRT: 22,
  SIGWINCH: 28,
};
const LINUX = { SIGUSR2: 12, SIGTERM: 15, SIGINT: 2 };

test('a file stands for the signals that a platform lacks, and for no others', () => {
  assert.deepEqual(lackingSignals(['SIGUSR2', 'SIGTERM'], WINDOWS), ['SIGUSR2']);
  assert.equal(requestFile(['SIGUSR2', 'SIGTERM'], WINDOWS, 42), join(tmpdir(), 'guru-meditation-42.request'));
  assert.equal(requestFile(['SIGTERM'], WINDOWS, 42), null);
  assert.equal(requestFile([], WINDOWS, 42), null);
  assert.equal(requestFile(['SIGUSR2', 'SIGTERM'], LINUX, 42), null);
});

test('a signal of another platform is no error, and one of no platform is', () => {
  assert.deepEqual(resolveOptions({ signal: ['SIGBREAK', 'info', 'SIGUSR2'] }, {}).options.signal, [
    'SIGBREAK',
    'SIGINFO',
    'SIGUSR2',
  ]);
  assert.throws(() => resolveOptions({ signal: 'SIGFOO' }, {}), { code: 'GMR_OPTION', message: /got "SIGFOO"$/ });
});
