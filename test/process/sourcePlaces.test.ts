/** Places in code that a loader makes, in real processes: by the maps that the threads themselves have. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Frame, Report } from '../../src/report/types.js';
import { lineOf } from '../harness/hangs.js';
import { assertQuiet, FIXTURES, ROOT, spawnFixture } from '../harness/spawn.js';

const SOURCE = 'maps/transformed.cts';

async function reportOf(execArgv: string[], ...ways: string[]): Promise<Report> {
  const fixture = spawnFixture('maps/launch.cjs', {
    args: ['transformed.cts', ...ways],
    execArgv,
    env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '2000' },
  });
  try {
    await fixture.ready();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr.replaceAll(/^.*ExperimentalWarning: Type Stripping.*$|^\(Use `node.*$/gm, ''));
    return report;
  } finally {
    await fixture.stop();
  }
}

function framesOf(report: Report): Frame[] {
  const ofTasks = report.tasks.groups.flatMap(({ awaitStack, createdAt }) => [...awaitStack, ...createdAt]);
  return [...report.threads.flatMap(({ stack }) => stack), ...ofTasks].filter(
    ({ file }) => file === join(FIXTURES, SOURCE),
  );
}

function assertPlace(report: Report, name: string, text: string, source: string): void {
  const frames = framesOf(report).filter((frame) => frame.function === name);
  assert.ok(frames.length > 0, `a frame of ${name} in ${JSON.stringify(framesOf(report).map((one) => one.function))}`);
  for (const frame of frames)
    assert.deepEqual(
      { line: frame.line, sure: frame.sure, source: frame.source },
      { line: lineOf(SOURCE, text), sure: true, source },
      name,
    );
}

function assertPlaces(report: Report): void {
  assertPlace(report, 'waitForever', '// the await', 'await new Promise<never>(() => {}); // the await');
  assertPlace(report, 'spin', '// the loop', 'for (;;) turns = (turns + order.lines.length) % 7; // the loop');
}

const tsx = join(ROOT, 'node_modules/tsx/dist/loader.mjs');

test(
  'code that tsx transforms at load shows the places of its source, in a hung worker and on a hung main',
  { timeout: 60_000, skip: existsSync(tsx) ? false : 'tsx is not installed' },
  async () => {
    for (const ways of [['worker'], ['main']]) assertPlaces(await reportOf(['--import', `file://${tsx}`], ...ways));
  },
);

const strips = (process.features as { typescript?: unknown }).typescript === 'strip';

test(
  'TypeScript whose types Node strips shows its own lines',
  { timeout: 60_000, skip: strips ? false : 'this Node does not strip types by itself' },
  async () => {
    for (const ways of [['worker'], ['main']]) assertPlaces(await reportOf([], ...ways));
  },
);

test(
  'TypeScript that something compiles without a map shows no line rather than a wrong one',
  { timeout: 60_000 },
  async () => {
    const frames = framesOf(await reportOf(['--require', join(FIXTURES, 'maps/compiler.cjs')], 'main'));
    assert.ok(frames.some((frame) => frame.function === 'spin'));
    for (const frame of frames) assert.deepEqual([frame.sure, frame.source], [false, null], frame.function);
  },
);

const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');

test(
  'code that Vitest transforms, JavaScript too, shows the lines of its source',
  { timeout: 60_000, skip: existsSync(vitest) ? false : 'vitest is not installed' },
  async () => {
    const folder = join(FIXTURES, 'vitest');
    const fixture = spawnFixture(vitest, {
      args: ['run', '--root', folder, '--pool=threads', '--globals', '--no-cache'],
      preload: 'NODE_OPTIONS',
      env: { GMR_FORMAT: 'json', GMR_DEADLINE_MS: '2000' },
      timeoutMs: 30_000,
    });
    try {
      await fixture.ready();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      fixture.signal('SIGUSR2');
      const report = await fixture.report();
      const frames = report.threads.flatMap(({ stack }) => stack).filter(({ file }) => file?.startsWith(folder));
      assert.deepEqual(
        new Set(frames.map((frame) => frame.function)),
        new Set(['spin', 'spinInScript', '<anonymous>']),
        JSON.stringify(frames),
      );
      for (const { file, line, sure, source } of frames) {
        const lines = readFileSync(file ?? '', 'utf8').split('\n');
        assert.deepEqual([sure, source], [true, lines[(line ?? 0) - 1]?.trim()]);
      }
      assert.match(frames.find((frame) => frame.function === 'spinInScript')?.source ?? '', /^for \(;;\)/);
    } finally {
      await fixture.stop();
    }
  },
);
