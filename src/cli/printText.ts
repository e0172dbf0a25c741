/** What a command prints for a person: in colours where those are wanted. */
import { hasColours, painted } from './colour.js';
import { writeAll } from './output.js';

const STDERR = 2;

/** Prints text of a view on stdout, with a line break at its end. False when nobody reads any more. */
export function printText(text: string): boolean {
  return writeAll(painted(whole(text), hasColours(process.stdout)));
}

/** The same on stderr. */
export function printNotice(text: string): boolean {
  return writeAll(painted(whole(text), hasColours(process.stderr)), STDERR);
}

function whole(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
