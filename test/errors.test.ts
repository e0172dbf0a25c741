import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuruError, OptionError } from '../src/errors.js';

/** As another file of the package has them. */
async function anotherCopy(): Promise<typeof import('../src/errors.js')> {
  const { build } = await import('esbuild');
  const built = await build({ entryPoints: ['src/errors.ts'], bundle: true, format: 'esm', write: false });
  const text = built.outputFiles[0]?.text ?? '';
  return (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as typeof import('../src/errors.js');
}

test('errors are instances of their classes in every copy of the package', async () => {
  const other = await anotherCopy();
  assert.notEqual(other.GuruError, GuruError);
  const [error, wrong] = [new other.GuruError('GMR_BUSY', 'busy'), new other.OptionError('deadline', 'a number', 'x')];
  assert.ok(error instanceof GuruError && error instanceof Error && wrong instanceof GuruError);
  assert.deepEqual([error instanceof OptionError, wrong instanceof OptionError], [false, true]);
  assert.deepEqual([error.name, error.code, Object.keys(error)], ['GuruError', 'GMR_BUSY', ['code', 'name']]);
});

test('nothing else is one', () => {
  for (const value of [null, undefined, 'GuruError', new Error('x'), { code: 'GMR_BUSY', name: 'GuruError' }])
    assert.equal((value as unknown) instanceof GuruError, false);
});
