/** Finds whole reports in a stream of stderr text, among whatever else a program prints. */
import type { Report } from '../../src/report/types.js';

/** A JSON report is printed with `{` and `}` at the start of lines of their own; a text report ends with `-- end`. */
export class ReportReader {
  #text = '';
  #json: Report[] = [];
  #texts: string[] = [];
  #block: string[] = [];
  #kind: 'json' | 'text' | null = null;

  add(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#addLine(line);
  }

  /** The next complete JSON report, once; null while there is none. */
  nextJson(): Report | null {
    return this.#json.shift() ?? null;
  }

  /** The next complete text report, once; null while there is none. */
  nextText(): string | null {
    return this.#texts.shift() ?? null;
  }

  #addLine(line: string): void {
    if (this.#kind === null)
      this.#kind = line === '{' ? 'json' : line.startsWith('==== Guru Meditation ====') ? 'text' : null;
    if (this.#kind === null) return;
    this.#block.push(line);
    if (this.#kind === 'json' && line === '}') this.#finish(() => this.#addJson());
    if (this.#kind === 'text' && line.startsWith('-- end '))
      this.#finish(() => this.#texts.push(this.#block.join('\n')));
  }

  #addJson(): void {
    const report = JSON.parse(this.#block.join('\n')) as Report;
    if (report.format === 'guru-meditation') this.#json.push(report);
  }

  #finish(take: () => void): void {
    try {
      take();
    } finally {
      this.#block = [];
      this.#kind = null;
    }
  }
}
