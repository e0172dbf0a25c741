/**
 * Triggers a report when a path is touched: a file, or a directory and what lies in it. By polling, in the sentinel, so
 * that it works with a hung main, on file systems without events, and for a file that does not exist yet.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';

/** Entries of a directory that are looked at; a larger one is watched by its own time stamp alone. */
const ENTRIES_MOST = 1000;

export class FileTrigger {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #last: string;

  constructor(path: string, intervalMs: number, onTouch: () => void) {
    this.#path = path;
    this.#last = this.#look();
    this.#timer = setInterval(() => {
      const now = this.#look();
      const isTouched = now !== this.#last && now !== '';
      this.#last = now;
      if (isTouched) onTouch();
    }, intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What changes when the path is touched, made or made anew; '' while it does not exist, which is no touch. */
  #look(): string {
    const own = stampOf(this.#path);
    if (own === null) return '';
    if (!own.isDirectory) return own.stamp;
    const entries = entriesOf(this.#path);
    if (entries.length > ENTRIES_MOST) return own.stamp;
    return [own.stamp, ...entries.map((name) => `${name} ${stampOf(join(this.#path, name))?.stamp}`)].join('\n');
  }
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
