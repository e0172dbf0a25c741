/** Asks a measured process for a report by signal and times it to its file, from outside. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 60_000;
/** Two readings of the wall clock may differ by its step. */
const CLOCK_MS = 2;

/** The environment of a process whose reports go to `folder`. */
export function reportsTo(folder) {
  return { GMR_LOG_DIR: folder, GMR_FORMAT: 'text,json', GMR_KEEP: '1000000' };
}

/**
 * Sends the signal and waits for the report's files.
 * @returns the time to the text file in ms, and the report
 */
export async function requestReport(pid, folder) {
  const known = new Set(readdirSync(folder));
  const asked = performance.now();
  const askedAt = Date.now();
  process.kill(pid, 'SIGUSR2');
  for (;;) {
    const name = await newFile(folder, known, (candidate) => candidate.endsWith('.txt'), asked);
    const fileMs = performance.now() - asked;
    const twin = await newFile(folder, known, (candidate) => candidate === name.replace(/txt$/, 'json'), asked);
    const report = JSON.parse(readFileSync(join(folder, twin), 'utf8'));
    if (Date.parse(report.report.requestedAt) >= askedAt - CLOCK_MS) return { fileMs, report };
    known.add(name); // One that was asked for earlier, and came late.
  }
}

/** How many reports were written into the folder. */
export function countReports(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.txt')).length;
}

/** A file appears whole, by a rename. */
async function newFile(folder, known, isWanted, asked) {
  for (;;) {
    const name = readdirSync(folder).find((candidate) => !known.has(candidate) && isWanted(candidate));
    if (name !== undefined) return name;
    if (performance.now() - asked > WITHIN_MS) throw new Error(`no report within ${WITHIN_MS / 1000} s`);
    await sleep(1);
  }
}
