/** Texts of a report come from the application and from whoever talks to it: here they lose their power over a reader's terminal. */

/**
 * Characters that move a cursor, break a line, reverse the reading direction or cannot be seen: C0 and C1 controls, line
 * and paragraph separators, bidirectional marks and overrides, the byte order mark, annotation marks, lone surrogates.
 */
const POWERFUL = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

const SHORT: Record<string, string> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };

/** The text in one line that any terminal can show: `\n`, `\u001b`, `\u202e`. Ordinary Unicode and backslashes stay. */
export function escape(text: string): string {
  return text.replace(POWERFUL, (character) => SHORT[character] ?? unicodeEscape(character));
}

/** JSON with the same characters written as JSON's own escapes: it parses to what it parsed to before. */
export function escapeJson(json: string): string {
  return json.replace(POWERFUL, (character) => (character === '\n' ? character : unicodeEscape(character)));
}

/** `\u001b` for a character of the basic plane. */
export function unicodeEscape(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');
}

/** The text, or its beginning and how many characters were left out; a character is never cut in two. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const start = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return `${start}... (${text.length - start.length} more characters)`;
}
