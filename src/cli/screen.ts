/** What of a text fits on the screen of a terminal. */

/** A terminal that does not say how large it is. */
const ROWS = 24;
const COLUMNS = 80;

/** Text that is worth drawing at all, in rows. */
const LEAST_ROWS = 4;

interface Terminal {
  rows?: number;
  columns?: number;
}

/**
 * The first lines and a line at the foot, with room for the cursor below: a line that is wider than the terminal takes
 * several rows, and what does not fit would push the head off the screen.
 */
export function fitted(lines: readonly string[], foot: string, { rows, columns }: Terminal): string[] {
  const width = Math.max(1, columns ?? COLUMNS);
  const rowsOf = (line: string): number => Math.max(1, Math.ceil(line.length / width));
  let left = Math.max(LEAST_ROWS, (rows ?? ROWS) - 1 - rowsOf(foot));
  const end = lines.findIndex((line) => (left -= rowsOf(line)) < 0);
  return [...lines.slice(0, end < 0 ? lines.length : end), foot];
}
