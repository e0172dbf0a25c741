/** What is seen of a path that asks for a report when it is touched: a file, or a directory and what lies in it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isReportFile } from './fileName.js';

/** Entries of a directory that are looked at; a larger one is watched by its own time stamp alone. */
const ENTRIES_MOST = 1000;
const ATTEMPTS = 5;

/** What changes when a path is touched, made or made anew. */
export interface Look {
  /** Of the path itself. */
  own: string;
  /** Of what lies in it, without reports: those must not ask for more reports where the directory is the log directory as well. */
  entries: string;
  reports: string;
}

/** That a path is gone is no touch; that it is there again is one. */
export function isTouched(last: Look | null, now: Look | null): boolean {
  if (now === null) return false;
  if (last === null || last.entries !== now.entries) return true;
  // A new or deleted report changes the directory's own stamp.
  return last.own !== now.own && last.reports === now.reports;
}

/** Null while the path does not exist. Once more while the directory changes under our eyes: its parts must fit together. */
export function look(path: string): Look | null {
  for (let attempt = 1; ; attempt++) {
    const found = lookOnce(path);
    if (attempt === ATTEMPTS || found?.own === stampOf(path)?.stamp) return found;
  }
}

function lookOnce(path: string): Look | null {
  const own = stampOf(path);
  if (own === null) return null;
  const names = own.isDirectory ? entriesOf(path) : [];
  if (names.length > ENTRIES_MOST) return { own: own.stamp, entries: '', reports: '' };
  const stamps = names.map((name) => `${name} ${stampOf(join(path, name))?.stamp}`);
  const isReport = names.map((name) => isReportFile(name));
  return {
    own: own.stamp,
    entries: stamps.filter((_, index) => isReport[index] !== true).join('\n'),
    reports: names.filter((_, index) => isReport[index]).join('\n'),
  };
}

function stampOf(path: string): { stamp: string; isDirectory: boolean } | null {
  try {
    const stat = statSync(path, { bigint: true });
    return { stamp: `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}`, isDirectory: stat.isDirectory() };
  } catch {
    return null;
  }
}

function entriesOf(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}
