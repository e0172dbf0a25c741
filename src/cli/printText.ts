/** What a command prints for a person: in colours where those are wanted. */
import { hasColours, painted } from './colour.js';
import { writeAll, writeNotice } from './output.js';

/** Prints text of a view on stdout, with a line break at its end. False when nobody reads any more. */
export function printText(text: string): boolean {
  return writeAll(painted(whole(text), hasColours(process.stdout)));
}

/** The same on stderr, where it can be written. */
export function printNotice(text: string): boolean {
  return writeNotice(painted(whole(text), hasColours(process.stderr)));
}

function whole(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
