/** The page: headings, wrapped lines, and the one gate through which every line of a text report goes. */
import { cut, escape } from './escape.js';

/** Columns of a text report, where it can be. */
export const WIDTH = 72;

/** Where the text of a block on the first screen begins: `STUCK  worker 3`. */
export const LABEL_WIDTH = 7;

/** No text of an application needs more of a line than this; the rest of it is counted. */
const LINE_MOST = 2000;

/** A part of a section; its heading says what it is about, null for a section's opening words. */
export interface Block {
  heading: string | null;
  lines: string[];
}

export interface Section {
  title: string;
  blocks: Block[];
}

/** The lines of a section, heading first. */
export function printSection(section: Section, full: boolean): string[] {
  const rule = '='.repeat(WIDTH);
  const lines = [rule, centred('====', section.title), rule];
  section.blocks.forEach((block, index) => {
    if (block.heading !== null) lines.push(centred('------', block.heading), '');
    lines.push(...printLines(block.lines, full));
    const isLast = index === section.blocks.length - 1;
    if (!isLast && lines.at(-1) !== '') lines.push('');
  });
  return lines;
}

/**
 * Lines made safe to print: escaped, cut at a bound unless `full`, and none of them looks like a heading or like the
 * end of a report. Every line with text of the application goes through here.
 */
export function printLines(lines: readonly string[], full: boolean): string[] {
  return lines.map((line) => {
    const safe = escape(full ? line : cut(line, LINE_MOST));
    return /^\s*(====|------|-- end)/.test(safe) ? `\\${safe}` : safe;
  });
}

/** `------      title      ------`, as wide as the page where the title lets it. */
export function centred(edge: string, title: string): string {
  const text = escape(cut(title, LINE_MOST));
  const room = Math.max(2, WIDTH - 2 * edge.length - text.length);
  const left = Math.floor(room / 2);
  return edge + ' '.repeat(left) + text + ' '.repeat(room - left) + edge;
}

/** The text in lines of at most `width` columns, broken at single spaces; a longer word keeps a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(/(?<! ) (?! )/)) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/** A label and its text, wrapped, the text in one column: `FINE   main, workers 1, 2`. */
export function labelled(label: string, text: string, indent = LABEL_WIDTH): string[] {
  return wrap(text, WIDTH - indent).map((line, index) => (index === 0 ? label : '').padEnd(indent) + line);
}

/** At most so many lines; the last one then ends in dots. For text that stands whole elsewhere in the report. */
export function limited(lines: string[], most: number): string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `${lines[most - 1]?.slice(0, WIDTH - 4)} ...`];
}
