/** Reports that the sentinel made, kept for a main that could not take them when they were made. */
import type { Link } from '../coordinator/link.js';
import type { Report } from '../report/types.js';

/** The newest alone are kept: a main that hangs for hours is asked for reports again and again. */
const KEPT_MOST = 4;

export class HandOver {
  readonly #link: Link;
  readonly #kept = new Map<string, Report>();

  constructor(link: Link) {
    this.#link = link;
    link.on<string>('report', (id) => this.#take(id));
  }

  /** Tells main of it; main, once its loop turns, asks for the report if anybody there wants it. */
  offer(report: Report): void {
    const { id } = report.report;
    this.#kept.set(id, report);
    for (const old of [...this.#kept.keys()].slice(0, -KEPT_MOST)) this.#kept.delete(old);
    this.#link.tell('reported', id);
  }

  #take(id: string): Report | null {
    const report = this.#kept.get(id) ?? null;
    this.#kept.delete(id);
    return report;
  }
}
