/**
 * Triggers a report when a path is touched. By polling, in the sentinel, so that it works with a hung main, on file systems
 * without events, and for a file that does not exist yet.
 */
import { clearInterval, setInterval } from 'node:timers';
import { isTouched, look, type Look } from '../coordinator/fileLook.js';

export class FileTrigger {
  readonly #path: string;
  readonly #onTouch: () => void;
  #last: Look | null;
  #intervalMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param first - what counts as untouched
   * @param onTouch - called once an interval at most, whatever was touched meanwhile
   */
  constructor(path: string, first: Look | null, intervalMs: number, onTouch: () => void) {
    this.#path = path;
    this.#onTouch = onTouch;
    this.#last = first;
    this.every(intervalMs);
  }

  /** Looks as often as this from now on; what was touched since the last look still counts. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.stop();
    this.#timer = setInterval(() => this.#look(), intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const last = this.#last;
    this.#last = look(this.#path);
    if (isTouched(last, this.#last)) this.#onTouch();
  }
}
