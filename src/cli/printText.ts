/** What a command prints for a person: in colours where those are wanted. */
import { hasColours, painted } from './colour.js';
import { writeAll } from './output.js';

/** Prints text of a view on stdout, with a line break at its end. */
export function printText(text: string): void {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  writeAll(painted(whole, hasColours(process.stdout)));
}
