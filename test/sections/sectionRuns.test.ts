import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSectionRegistry } from '../../src/sections/registered.js';
import { runSections } from '../../src/sections/sectionRuns.js';

function trap(): never {
  throw new Error('trap');
}

test('sections show values, promises and texts in the order of their registration', { timeout: 10_000 }, async () => {
  const registry = createSectionRegistry();
  registry.register('Later', () => new Promise((resolve) => setTimeout(resolve, 5, { big: 1n })));
  registry.register('Text', () => 'all is well');
  registry.register('Null', () => null);
  assert.deepEqual(await runSections(registry.chosen(), 5000), [
    { title: 'Later', data: { big: '1n' }, error: null },
    { title: 'Text', data: 'all is well', error: null },
    { title: 'Null', data: null, error: null },
  ]);
});

test('a section that throws, rejects, never settles or shows nothing fails alone', { timeout: 10_000 }, async () => {
  const registry = createSectionRegistry();
  registry.register('throws', () => {
    throw new Error('broken');
  });
  registry.register('rejects', () => Promise.reject(new Error('refused')));
  registry.register('hangs', () => new Promise(() => {}), { timeoutMs: 10 });
  registry.register('thenable', () => new Proxy({}, { get: trap }));
  registry.register('nothing', () => undefined);
  registry.register('function', () => () => 1);
  registry.register('odd', () => {
    throw Object.create(null);
  });
  registry.register('good', () => 1);
  const sections = await runSections(registry.chosen(), 5000);
  const errors = Object.fromEntries(sections.map(({ title, error }) => [title, error]));
  assert.equal(errors['throws'], 'broken');
  assert.equal(errors['rejects'], 'refused');
  assert.equal(errors['hangs'], 'it did not settle within 10 ms');
  assert.equal(errors['thenable'], 'trap');
  assert.equal(errors['nothing'], 'it returned nothing');
  assert.equal(errors['function'], 'it returned a function, which cannot be shown');
  assert.equal(errors['odd'], 'an unprintable value was thrown');
  assert.deepEqual(sections.at(-1), { title: 'good', data: 1, error: null });
});

test('the bound of the report holds where a section allows itself more', { timeout: 10_000 }, async () => {
  const registry = createSectionRegistry();
  registry.register('hangs', () => new Promise(() => {}), { timeoutMs: 3_600_000 });
  assert.equal((await runSections(registry.chosen(), 20))[0]?.error, 'it did not settle within 20 ms');
});

test('a section that rejects after its time is nobody’s unhandled rejection', { timeout: 10_000 }, async (t) => {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  t.after(() => process.off('unhandledRejection', listener));
  const registry = createSectionRegistry();
  let rejectLate: (() => void) | undefined;
  registry.register('late', () => new Promise((_, reject) => (rejectLate = () => reject(new Error('late')))));
  await runSections(registry.chosen(), 5);
  rejectLate?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(unhandled, []);
});
