/**
 * Labels as part of what tells groups apart, bounded: a label with a value of its own for each task, such as a request's
 * id, would make as many groups. Of a key with too many values all values count as one, which says so.
 */
import type { Labels } from './labels.js';

const VALUES_MAX = 20;
const KEYS_MAX = 50;
const MANY = `(more than ${VALUES_MAX} values)`;

export class LabelValues {
  readonly #values = new Map<string, Set<string>>();
  readonly #many = new Set<string>();
  readonly #shown = new WeakMap<Labels, Labels>();

  /** Whether labels that were given out earlier must go through `shown` again. */
  get hasMerged(): boolean {
    return this.#many.size > 0;
  }

  /** The labels with what is known so far of keys that have too many values. */
  shown(labels: Labels): Labels {
    const known = this.#shown.get(labels);
    if (known !== undefined) return known;
    const shown = Object.fromEntries(
      Object.entries(labels).flatMap(([key, value]) => (this.#isCounted(key) ? [[key, this.#count(key, value)]] : [])),
    );
    this.#shown.set(labels, shown);
    return shown;
  }

  /** The same for labels that `shown` gave, when all tasks were seen. */
  merged(shown: Labels): Labels {
    return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, this.#many.has(key) ? MANY : value]));
  }

  /** Keys are few, as they stand in code; where they are not, the later ones are left out. */
  #isCounted(key: string): boolean {
    if (this.#values.has(key)) return true;
    if (this.#values.size >= KEYS_MAX) return false;
    this.#values.set(key, new Set());
    return true;
  }

  #count(key: string, value: string): string {
    if (this.#many.has(key)) return MANY;
    const values = this.#values.get(key);
    values?.add(value);
    if (values === undefined || values.size <= VALUES_MAX) return value;
    values.clear();
    this.#many.add(key);
    return MANY;
  }
}
