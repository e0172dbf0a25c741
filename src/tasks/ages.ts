/**
 * Ages without a time per task: ids only grow, so a few marks of (id, time) tell when any id was given out. A mark is
 * made at the first id after each heartbeat, after every 64 ids, and at a heartbeat for the last id before it: else the
 * tasks of a burst before a long silence would seem spread over the silence. The older half is thinned when there are
 * many: an age is off by at most the distance of two marks, which stays a small share of the age itself.
 */
import { monotonicMs } from './clock.js';

const IDS_PER_MARK = 64;
const MARKS_MAX = 1024;

export class Ages {
  readonly #ids = new Float64Array(MARKS_MAX);
  readonly #times = new Float64Array(MARKS_MAX);
  #length = 0;

  /** The id from which on `mark` is due; a plain field, because it is compared for every task that is made. */
  markAt = 0;

  /** Notes that `id` is being given out right now. */
  mark(id: number): void {
    if (this.#length === MARKS_MAX) this.#thin();
    this.#ids[this.#length] = id;
    this.#times[this.#length] = monotonicMs();
    this.#length++;
    this.markAt = id + IDS_PER_MARK;
  }

  /** A heartbeat: `lastId` was given out before it, and the next id, whichever it is, gets a mark. */
  beat(lastId: number): void {
    const marked = this.#length === 0 ? 0 : (this.#ids[this.#length - 1] ?? 0);
    if (lastId > marked) this.mark(lastId);
    this.markAt = 0;
  }

  /** Milliseconds from when `id` was given out to `at`; 0 for an id from before the first mark. */
  ageOf(id: number, at: number): number {
    const index = this.#lastAtOrBefore(id);
    if (index < 0) return this.#length === 0 ? 0 : Math.max(0, at - (this.#times[0] ?? at));
    return Math.max(0, at - this.#timeOf(id, index));
  }

  #timeOf(id: number, index: number): number {
    const from = this.#times[index] ?? 0;
    const next = index + 1 < this.#length ? index + 1 : index;
    const ids = (this.#ids[next] ?? 0) - (this.#ids[index] ?? 0);
    if (ids <= 0) return from;
    return from + (((this.#times[next] ?? from) - from) * (id - (this.#ids[index] ?? 0))) / ids;
  }

  #lastAtOrBefore(id: number): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if ((this.#ids[middle] ?? 0) <= id) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  /** Keeps the younger half whole and every second mark of the older one. */
  #thin(): void {
    const half = MARKS_MAX >> 1;
    let kept = 0;
    for (let index = 0; index < MARKS_MAX; index += index < half ? 2 : 1) {
      this.#ids[kept] = this.#ids[index] ?? 0;
      this.#times[kept] = this.#times[index] ?? 0;
      kept++;
    }
    this.#length = kept;
  }
}
