/** Runs the built `gmr` as a shell would, bounded. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Report } from '../../src/report/types.js';

export const GMR = join(process.cwd(), 'dist/gmr.js');
const LONGEST_MS = 60_000;

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The environment without what decides about colours and without our own and Node's variables. */
export function plainEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const isOurs = /^(?:GMR|NODE|FORCE_COLOR|NO_COLOR|GITHUB)(?:_|$)/;
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs.test(name))), ...more };
}

export function gmr(words: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [GMR, ...words], {
    encoding: 'utf8',
    timeout: LONGEST_MS,
    maxBuffer: 256 * 1024 * 1024,
    env: plainEnvironment(options.env),
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  return { code: status, stdout, stderr };
}

/** One line that says what is wrong, no stack, nothing that drives a terminal. */
export function assertOneLine(stderr: string, pattern: RegExp): void {
  assert.match(stderr, /^gmr: [^\n]{1,600}\n$/);
  assert.doesNotMatch(stderr.slice(0, -1), /[\p{Cc}]|\n {4}at /u);
  assert.match(stderr, pattern);
}

const folder = mkdtempSync(join(tmpdir(), 'guru-meditation-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Puts text, or a report, into a file of its own, and gives its path. */
export function stored(name: string, content: string | Report): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
