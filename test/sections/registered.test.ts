import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuruError } from '../../src/errors.js';
import { createSectionRegistry } from '../../src/sections/registered.js';
import { runSections } from '../../src/sections/sectionRuns.js';

function refused(call: () => unknown): void {
  assert.throws(call, (error) => error instanceof GuruError && error.code === 'GMR_SECTION');
}

test(
  'the same title replaces the section at its place and says so; the old remover does nothing any more',
  { timeout: 10_000 },
  async () => {
    const registry = createSectionRegistry();
    const lines: string[] = [];
    const removeOld = registry.register('A', () => 1);
    registry.register('B', () => 2);
    const removeNew = registry.register(
      'A',
      () => 3,
      {},
      (line) => lines.push(line),
    );
    assert.deepEqual(lines, ['the section "A" was registered before; it is replaced']);
    removeOld();
    assert.deepEqual(
      (await runSections(registry.chosen(), 1000)).map(({ data }) => data),
      [3, 2],
    );
    removeNew();
    assert.deepEqual(registry.titles(), ['B']);
  },
);

test('a worker runs the sections for each thread alone', { timeout: 10_000 }, async () => {
  const registry = createSectionRegistry();
  registry.register('own', () => 1);
  registry.register('each', () => 2, { thread: 'each' });
  assert.deepEqual(
    (await runSections(registry.chosen('worker'), 1000)).map(({ title }) => title),
    ['each'],
  );
  assert.deepEqual(registry.titles('worker'), ['each']);
  assert.deepEqual(registry.titles('main'), ['own', 'each']);
});

test('what is no section is refused with a code', () => {
  const { register } = createSectionRegistry();
  refused(() => register('', () => 1));
  refused(() => register('A', 5 as unknown as () => unknown));
  refused(() => register('A', () => 1, { thread: 'all' as 'each' }));
  refused(() => register('A', () => 1, { timeoutMs: 0 }));
  refused(() => register('A', () => 1, { timeoutMs: Number.NaN }));
});
