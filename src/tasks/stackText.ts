/** What is asked of the text of a stack (`frameText.ts`) without making frames of it. */

/** Whether a line is `Promise.all` or its like. */
export function isCombinator(line: string): boolean {
  return /\t#\d+$/.test(line);
}
