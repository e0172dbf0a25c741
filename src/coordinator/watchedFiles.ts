/**
 * The paths whose touch asks for a report. What counts as untouched is what main sees when it is told of them: the sentinel
 * that watches them starts later, some 50 ms in most processes, and what is touched until then would be lost.
 */
import { look, type Look } from './fileLook.js';
import { mayRead, type ReportSettings } from './settings.js';

export interface WatchedFile {
  path: string;
  /** Null for a path that did not exist; undefined where main may not look and the sentinel may. */
  first: Look | null | undefined;
}

export class WatchedFiles {
  #files: WatchedFile[] = [];
  #isHandedOver = false;

  /** Those of these settings; one that was known before stays as it was seen then. */
  of({ fileEventHandler, requestFile }: Pick<ReportSettings, 'fileEventHandler' | 'requestFile'>): WatchedFile[] {
    const paths = [fileEventHandler, requestFile].filter((path) => path !== null);
    this.#files = paths.map((path) => this.#files.find((known) => known.path === path) ?? asItIs(path));
    return this.#files;
  }

  /** For a sentinel that starts. After the first one, what was touched before has been answered. */
  forSentinel(): WatchedFile[] {
    if (this.#isHandedOver) this.#files = this.#files.map(({ path }) => asItIs(path));
    this.#isHandedOver = true;
    return this.#files;
  }
}

function asItIs(path: string): WatchedFile {
  return { path, first: mayRead(path) ? look(path) : undefined };
}
