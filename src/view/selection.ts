/** Which sections of a report are shown, and how much of them. */

export interface ViewOptions {
  /**
   * Titles of the sections to show (`threads`, `Green Threads`), upper or lower case, spaces ignored; a title with `-`
   * in front leaves that section out. None, or only such with `-`: all the others. The verdicts are always shown.
   */
  sections?: readonly string[];
  /** Text views: put in front of every line. JSON and XML stay what they are. */
  linePrefix?: string;
  /** Text views: nothing folded, nothing cut. */
  full?: boolean;
}

/** Whether the section of this title is to be shown. */
export function isSelected(title: string, sections: readonly string[] | undefined): boolean {
  const wanted = (sections ?? []).map((name) => name.trim()).filter((name) => name !== '');
  const only = wanted.filter((name) => !name.startsWith('-')).map(keyOf);
  const without = wanted.filter((name) => name.startsWith('-')).map((name) => keyOf(name.slice(1)));
  const key = keyOf(title);
  return !without.includes(key) && (only.length === 0 || only.includes(key));
}

/** The names in `sections` that are the title of no section: most likely misspelt. */
export function unknownNames(titles: readonly string[], sections: readonly string[] | undefined): string[] {
  const known = new Set(titles.map(keyOf));
  return (sections ?? []).filter((name) => name.trim() !== '' && !known.has(keyOf(name.replace(/^\s*-/, ''))));
}

/** `tasks` is what the JSON calls Green Threads. */
function keyOf(title: string): string {
  const key = title.toLowerCase().replace(/[\s_-]/g, '');
  return key === 'tasks' ? 'greenthreads' : key;
}
