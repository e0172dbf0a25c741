/** Programs that `gmr dump` asks, each with a request folder of its own; what it got, and what it left. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Report } from '../../src/report/types.js';
import type { Outcome } from './command.js';
import { untilInstalled } from './installed.js';
import { assertValid } from './schema.js';
import { spawnFixture, type Fixture, type FixtureOptions } from './spawn.js';

export const NO_PROCFS = process.platform !== 'linux';
export const TURNS = `setInterval(() => {}, 1000); console.log('ready');`;

/** For files, too, that are not requests. */
export const place = mkdtempSync(join(tmpdir(), 'guru-meditation-dump-'));
after(() => rmSync(place, { recursive: true, force: true }));

export async function using(
  code: string,
  options: FixtureOptions,
  check: (fixture: Fixture, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(place, 'place-'));
  const env = { GMR_DIR: folder, GMR_FORMAT: 'json', ...options.env };
  const fixture = spawnFixture(code, { timeoutMs: 20_000, ...options, env });
  try {
    await fixture.ready();
    await untilInstalled(fixture);
    await check(fixture, folder);
  } finally {
    await fixture.stop();
  }
}

export function reportIn({ code, stdout, stderr }: Outcome): Report {
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assertValid(report);
  return report;
}

/** All that is in the request folder. */
export function leftIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !/^guru-meditation-\d+$/.test(name));
}
