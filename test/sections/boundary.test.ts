/** What sections throw late, in real processes: the test runner itself listens to uncaught exceptions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertQuiet, spawnFixture } from '../harness/spawn.js';

interface Outcome {
  code: number | null;
  /** The lines `name=value` of stdout. */
  printed: Record<string, unknown>;
  isAlive: boolean;
  stderr: string;
}

async function run(...args: string[]): Promise<Outcome> {
  const fixture = spawnFixture('sections.cjs', { args, timeoutMs: 15_000 });
  try {
    const { code } = await fixture.exited();
    const lines = [...fixture.stdout.matchAll(/^(\w+)=(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, JSON.parse(value)] as const,
    );
    return {
      code,
      printed: Object.fromEntries(lines),
      isAlive: /^alive$/m.test(fixture.stdout),
      stderr: fixture.stderr,
    };
  } finally {
    await fixture.stop();
  }
}

function assertAlive(outcome: Outcome): void {
  assert.ok(outcome.isAlive, outcome.stderr);
  assert.equal(outcome.code, 0, outcome.stderr);
  assertQuiet(outcome.stderr);
}

test('without sections the boundary is not loaded', { timeout: 20_000 }, async () => {
  const outcome = await run();
  assertAlive(outcome);
  assert.equal(outcome.printed['before'], false);
  assert.equal(outcome.printed['after'], false);
  assert.equal(outcome.stderr, '');
});

test(
  'a section that throws, rejects or never settles shows it, and the others are whole',
  { timeout: 20_000 },
  async () => {
    const outcome = await run('throws', 'rejects', 'never', 'good');
    assertAlive(outcome);
    assert.equal(outcome.printed['before'], false, 'registering loads nothing');
    assert.equal(outcome.printed['after'], true);
    assert.equal(outcome.printed['throws'], 'thrown at once');
    assert.equal(outcome.printed['rejects'], 'rejected');
    assert.equal(outcome.printed['never'], 'it did not settle within 400 ms');
    assert.deepEqual(outcome.printed['good'], { answer: 42 });
    assert.equal(outcome.stderr, '');
  },
);

test(
  'what a section throws from a timer while the report is taken is shown in its place',
  { timeout: 20_000 },
  async () => {
    const outcome = await run('throwsDuring', 'throwsInstead', 'rejectsDuring', 'slow');
    assertAlive(outcome);
    assert.equal(outcome.printed['throwsDuring'], 'thrown from a timer');
    assert.equal(outcome.printed['throwsInstead'], 'thrown instead of an answer');
    assert.equal(outcome.printed['rejectsDuring'], 'rejected and dropped');
    assert.equal(outcome.printed['slow'], 'took its time');
    assert.equal(outcome.stderr, '');
  },
);

test('what a section throws after the report is one line, and the application lives', { timeout: 20_000 }, async () => {
  const outcome = await run('throwsAfter', 'rejectsAfter', 'good');
  assertAlive(outcome);
  assert.equal(outcome.printed['throwsAfter'], 'fine');
  // In the order of two timers, which differ by less than a busy machine holds them up.
  assert.deepEqual(outcome.stderr.trim().split('\n').sort(), [
    'guru-meditation: the section "rejectsAfter" threw after its report: rejected after the report (GMR_SECTION)',
    'guru-meditation: the section "throwsAfter" threw after its report: thrown after the report (GMR_SECTION)',
  ]);
});

test('a fault of the application itself is not caught while a section is covered', { timeout: 20_000 }, async () => {
  const outcome = await run('throwsAfter', 'never', 'faulty', 'stays');
  assert.ok(outcome.isAlive);
  assert.notEqual(outcome.code, 0);
  assert.match(outcome.stderr, /a fault of the application/);
});

test(
  'an application that listens to uncaught exceptions gets those of sections as well',
  { timeout: 20_000 },
  async () => {
    const outcome = await run('listens', 'throwsDuring', 'slow', 'good');
    assertAlive(outcome);
    assert.equal(outcome.printed['listened'], 'thrown from a timer');
    assert.equal(outcome.printed['throwsDuring'], 'fine so far');
    assert.equal(outcome.printed['after'], false, 'a boundary would stand aside, so there is none');
  },
);

test(
  'where node:domain leaves no room for a boundary, sections run without one, with a line',
  { timeout: 20_000 },
  async () => {
    const outcome = await run('domain', 'good');
    assertAlive(outcome);
    assert.deepEqual(outcome.printed['good'], { answer: 42 });
    // Newer lines of Node let both be used at once.
    if (outcome.printed['after'] === true) assert.equal(outcome.stderr, '');
    else assert.match(outcome.stderr, /^[^\n]*sections run without a boundary[^\n]*domain[^\n]*\(GMR_SECTION\)\n$/);
  },
);

test('process.emit is left as it was, and patches of others work meanwhile', { timeout: 20_000 }, async () => {
  const plain = await run('good', 'throwsDuring');
  assertAlive(plain);
  const synchronous = await run('good');
  assert.equal(synchronous.printed['restored'], true);
  const patched = await run('patches', 'good', 'rejects', 'never');
  assertAlive(patched);
  assert.equal(patched.printed['emits'], 2);
});
