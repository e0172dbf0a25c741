/** Asks a measured process for a report by signal and times it to its file, from outside. */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 60_000;

/** The environment of a process whose reports go to `folder`. */
export function reportsTo(folder) {
  return { GMR_LOG_DIR: folder, GMR_FORMAT: 'text,json', GMR_KEEP: '1000000' };
}

/**
 * Sends the signal and waits for the report's files.
 * @returns the time to the text file in ms, and the report
 */
export async function requestReport(pid, folder) {
  const asked = performance.now();
  process.kill(pid, 'SIGUSR2');
  await fileIn(folder, '.txt');
  const fileMs = performance.now() - asked;
  const report = JSON.parse(readFileSync(await fileIn(folder, '.json'), 'utf8'));
  for (const name of readdirSync(folder)) if (/\.(?:txt|json)$/.test(name)) rmSync(join(folder, name));
  return { fileMs, report };
}

/** Files appear whole, by a rename. */
async function fileIn(folder, ending) {
  const until = performance.now() + WITHIN_MS;
  for (;;) {
    const name = readdirSync(folder).find((candidate) => candidate.endsWith(ending));
    if (name !== undefined) return join(folder, name);
    if (performance.now() > until) throw new Error(`no report within ${WITHIN_MS / 1000} s`);
    await sleep(1);
  }
}
