/**
 * Ordinary programs, each run without us and with us: output, exit code and signal are the same to the byte.
 *
 * What differs by nature is in no program here:
 * - the first worker of the application has thread id 2, because the sentinel is a thread, and async ids have other numbers;
 * - `process.execArgv`, `require.cache` and the listeners of `process` (`exit`, `worker`, `newListener`, the signal) tell
 *   of the preload;
 * - own async hooks see `before` and `after` of resources that were there before them, such as the sentinel's port;
 * - starting a worker schedules a tick, so that a stack trace from the very first turn of the microtask queue ends with
 *   one more frame of Node's, `processTicksAndRejections`;
 * - SIGUSR2 asks for a report instead of killing. An application that listens to it gets it alone, and one line says so.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FIXTURES, spawnFixture, type Exit, type FixtureOptions } from '../harness/spawn.js';

interface Program {
  /** Sent when the program is `ready`. */
  signal?: NodeJS.Signals;
  input?: string;
  execArgv?: readonly string[];
  /** Lines of ours that are meant to be there. */
  notice?: RegExp;
}

const LISTENS = /^guru-meditation: the application listens to SIGUSR2 itself, so it is left alone; .*\n/;
const SPECIAL: Record<string, Program> = {
  'sigterm.cjs': { signal: 'SIGTERM' },
  'sigtermListener.cjs': { signal: 'SIGTERM' },
  'sigusr2Listener.cjs': { signal: 'SIGUSR2', notice: LISTENS },
  'sigusr2AtOnce.cjs': { notice: LISTENS },
  'sigusr2Once.cjs': { signal: 'SIGUSR2', notice: LISTENS },
  'stdin.cjs': { input: 'piped\n'.repeat(5000) },
};

interface Outcome extends Exit {
  stdout: string;
  stderr: string;
}

async function outcomeOf(file: string, program: Program, preload: FixtureOptions['preload']): Promise<Outcome> {
  const fixture = spawnFixture(join(FIXTURES, 'ordinary', file), {
    ...(preload === undefined ? {} : { preload }),
    ...(program.input === undefined ? {} : { input: program.input }),
    execArgv: program.execArgv ?? [],
  });
  try {
    if (program.signal !== undefined) {
      await fixture.ready();
      fixture.signal(program.signal);
    }
    const exit = await fixture.exited();
    return { ...exit, stdout: fixture.stdout, stderr: withoutPids(fixture.stderr) };
  } finally {
    await fixture.stop();
  }
}

/** Node's warnings begin with the process's id. */
function withoutPids(stderr: string): string {
  return stderr.replaceAll(/^\(node:\d+\)/gm, '(node:pid)');
}

async function assertNoDifference(file: string, program: Program, preload: FixtureOptions['preload']): Promise<void> {
  const [bare, ours] = await Promise.all([outcomeOf(file, program, 'none'), outcomeOf(file, program, preload)]);
  const { notice } = program;
  if (notice !== undefined) assert.match(ours.stderr, notice);
  assert.deepEqual({ ...ours, stderr: notice === undefined ? ours.stderr : ours.stderr.replace(notice, '') }, bare);
}

describe('a program runs with us as it does without', { concurrency: 2 }, () => {
  for (const file of readdirSync(join(FIXTURES, 'ordinary'))) {
    test(`${file} does by -r`, { timeout: 30_000 }, () => assertNoDifference(file, SPECIAL[file] ?? {}, 'require'));
  }
  for (const file of ['unhandledRejection.cjs', 'activeResources.cjs', 'topLevelAwait.mjs', 'inspectPromises.cjs']) {
    test(`${file} does by --import`, { timeout: 30_000 }, () => assertNoDifference(file, {}, 'import'));
  }
  for (const file of ['activeResources.cjs', 'http.cjs', 'timers.cjs']) {
    test(`${file} does with --frozen-intrinsics`, { timeout: 30_000 }, () =>
      assertNoDifference(file, { execArgv: ['--frozen-intrinsics', '--no-warnings'] }, 'require'),
    );
  }
});
