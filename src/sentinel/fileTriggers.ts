/** All paths whose touch triggers a report. */
import type { WatchedFile } from '../coordinator/watchedFiles.js';
import { look, type Look } from '../coordinator/fileLook.js';
import { FileTrigger } from './fileTrigger.js';

export class FileTriggers {
  readonly #onTouch: (path: string) => void;
  readonly #triggers = new Map<string, FileTrigger>();

  constructor(onTouch: (path: string) => void) {
    this.#onTouch = onTouch;
  }

  /** Exactly these from now on. One that is watched already goes on: a touch that it has not seen yet is not lost. */
  watch(files: readonly WatchedFile[], intervalMs: number): void {
    for (const [path, trigger] of this.#triggers) {
      if (files.some((file) => file.path === path)) continue;
      trigger.stop();
      this.#triggers.delete(path);
    }
    for (const { path, first } of files) {
      const known = this.#triggers.get(path);
      if (known === undefined) this.#add(path, first === undefined ? look(path) : first, intervalMs);
      else known.every(intervalMs);
    }
  }

  #add(path: string, first: Look | null, intervalMs: number): void {
    this.#triggers.set(path, new FileTrigger(path, first, intervalMs, () => this.#onTouch(path)));
  }
}
