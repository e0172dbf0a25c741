import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { assert as check, constantFrom, property, string } from 'fast-check';
import { addedEnvironment, setupOptions, withPreload } from '../../src/cli/run/environment.js';
import { readCount, readTime } from '../../src/cli/values.js';
import { OPTION_SPECS } from '../../src/options.js';
import { gmr, plainEnvironment, stored } from './gmr.js';

test(
  'a path with spaces, quotes and backslashes is what Node.js requires, beside what NODE_OPTIONS had',
  { timeout: 60_000 },
  () => {
    for (const name of ['plain.cjs', 'with space.cjs', 'quote"and\\backslash.cjs', "o'clock $HOME.cjs"]) {
      const path = stored(name, 'console.log("required", JSON.stringify(__filename))');
      const stdout = execFileSync(process.execPath, ['-e', 'console.log(process.title)'], {
        encoding: 'utf8',
        env: plainEnvironment({ NODE_OPTIONS: withPreload('--title="kept as it is"', path) }),
      });
      assert.equal(stdout, `required ${JSON.stringify(path)}\nkept as it is\n`);
    }
  },
);

test('the preload is added once', () => {
  const once = withPreload('', '/a b/register.cjs');
  assert.equal(once, '--require="/a b/register.cjs"');
  assert.equal(withPreload(once, '/a b/register.cjs'), once);
  assert.equal(withPreload('--no-warnings', '/x.cjs'), '--no-warnings --require=/x.cjs');
});

test('every option of setup that has a variable is an option of the command, and sets that variable', () => {
  const flags = Object.keys(setupOptions());
  assert.equal(flags.length, OPTION_SPECS.filter(({ variable }) => variable !== null).length);
  assert.ok(flags.includes('log-dir') && flags.includes('watchdog-interval'));
  const added = addedEnvironment({ 'log-dir': '/tmp', deadline: '2000' }, '/r.cjs', 'mark', {});
  assert.deepEqual(added, {
    NODE_OPTIONS: '--require=/r.cjs',
    GMR_RUN: 'mark',
    GMR_SIGNAL: 'SIGURG',
    GMR_LOG_DIR: '/tmp',
    GMR_DEADLINE_MS: '2000',
  });
  assert.throws(
    () => addedEnvironment({ deadline: 'soon' }, '/r.cjs', 'mark', {}),
    /--deadline: expected a whole number/,
  );
});

test('a signal that somebody chose stays', () => {
  assert.equal(addedEnvironment({}, '/r.cjs', 'mark', { GMR_SIGNAL: 'SIGUSR1' })['GMR_SIGNAL'], undefined);
  assert.equal(addedEnvironment({ signal: 'SIGPWR' }, '/r.cjs', 'mark', {})['GMR_SIGNAL'], 'SIGPWR');
});

test('times and counts are read, and nothing else is taken for one', () => {
  const times = { '90': 90_000, '90s': 90_000, '10m': 600_000, '1h': 3_600_000, '1.5s': 1500, '500ms': 500 };
  for (const [text, ms] of Object.entries(times)) assert.equal(readTime('x', text), ms, text);
  for (const text of ['', '0', '0.1ms', '-1', '1d', '10 m', '1e3', '9999h', 'm', '\u001b[2J'])
    assert.throws(() => readTime('run: --timeout', text), {
      code: 'GMR_USAGE',
      message: /^run: --timeout: expected a time/,
    });
  check(
    property(string(), constantFrom(readTime, readCount), (text, read) => {
      try {
        assert.ok(read('x', text) > 0);
      } catch (error) {
        assert.match(String((error as Error).message), /^x: expected /);
      }
    }),
  );
});

test('the help names every option', { timeout: 60_000 }, () => {
  const { code, stdout } = gmr(['run', '--help']);
  assert.equal(code, 0);
  for (const flag of ['timeout', 'github', 'markdown', 'html', ...Object.keys(setupOptions())])
    assert.match(stdout, new RegExp(`^ {2}--${flag} `, 'm'));
});
