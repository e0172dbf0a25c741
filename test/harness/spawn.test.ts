import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportReader } from './reports.js';
import { assertQuiet, spawnFixture } from './spawn.js';

function json(id: string): string {
  return `${JSON.stringify({ format: 'guru-meditation', report: { id } }, null, 2)}\n`;
}

test('a fixture is ready, gets signals, and its exit and output are told', { timeout: 20_000 }, async () => {
  const fixture = spawnFixture(
    `process.on('SIGUSR2', () => { console.error('got it'); process.exitCode = 3; clearInterval(timer) });
    const timer = setInterval(() => {}, 1000); console.log('ready')`,
    { preload: 'none' },
  );
  await fixture.ready();
  fixture.signal('SIGUSR2');
  assert.deepEqual(await fixture.exited(), { code: 3, signal: null });
  assert.equal(fixture.stderr, 'got it\n');
  assertQuiet(fixture.stderr);
});

test('a fixture that never gets ready fails by its bound, and is stopped', { timeout: 20_000 }, async () => {
  const fixture = spawnFixture('setInterval(() => {}, 1000)', { preload: 'none', timeoutMs: 300 });
  await assert.rejects(fixture.ready(), /no line "ready": 300 ms passed/);
  assert.deepEqual((await fixture.stop()).signal, 'SIGKILL');
});

test('a fixture that ends too early is told with its output', { timeout: 20_000 }, async () => {
  const fixture = spawnFixture(`throw new Error('oops')`, { preload: 'none' });
  await assert.rejects(fixture.ready(), /it ended .*[\s\S]*oops/);
});

test('a warning of Node fails', { timeout: 20_000 }, async () => {
  const fixture = spawnFixture(`process.emitWarning('careful')`, { preload: 'none' });
  await fixture.exited();
  assert.throws(() => assertQuiet(fixture.stderr), /Node printed a warning/);
});

test('whole reports are found among other lines, in pieces and several', () => {
  const reader = new ReportReader();
  const text = '==== Guru Meditation ==== a ====\nFINE\n-- end a: nothing --\n';
  const all = `noise\n${json('one')}more\n${text}${json('two')}`;
  for (const character of all.slice(0, 40)) reader.add(character);
  assert.equal(reader.nextJson(), null);
  reader.add(all.slice(40));
  assert.equal(reader.nextJson()?.report.id, 'one');
  assert.equal(reader.nextText(), text.trimEnd());
  assert.equal(reader.nextText(), null);
  assert.equal(reader.nextJson()?.report.id, 'two');
  assert.equal(reader.nextJson(), null);
});
