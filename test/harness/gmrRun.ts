/** `gmr run` as a real process, from its start to its end. */
import { join } from 'node:path';
import { GMR } from '../cli/gmr.js';
import { FIXTURES, spawnFixture, type Fixture, type FixtureOptions } from './spawn.js';

/** Programs that it is given. */
export const RUN = join(FIXTURES, 'run');

const LONGEST_MS = 100_000;

export function gmrRun(words: readonly string[], options: FixtureOptions = {}): Fixture {
  return spawnFixture(GMR, { args: ['run', ...words], preload: 'none', timeoutMs: LONGEST_MS, ...options });
}

export interface RunOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs until its end, in any case. */
export async function outcome(words: readonly string[], options: FixtureOptions = {}): Promise<RunOutcome> {
  const fixture = gmrRun(words, options);
  try {
    const { code } = await fixture.exited();
    return { code, stdout: fixture.stdout, stderr: fixture.stderr };
  } finally {
    await fixture.stop();
  }
}
