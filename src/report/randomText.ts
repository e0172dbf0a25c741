/**
 * Finds long random values by how their letters follow each other: words and identifiers are made of common letter pairs,
 * keys and tokens are not. What a report needs for reading stays: paths, UUIDs (they name requests and hosts far more
 * often than they open anything), named digests, numbers, short ids.
 */

const MASK = '***';

/** A run of 20 or more (see `RUN`) is looked at; so many of its characters must belong to no word. */
const SHORTEST = 14;

/** A hexadecimal run shorter than this is taken for an id; keys of 128 bits and more are at least this long. */
const SHORTEST_HEX = 32;

/** Below this share of common letter pairs letters are no word: English text has 0.95, random letters 0.33; short words need all. */
const WORD_SHARE = 0.65;

/** The same for a name as a whole, in which words meet by chance: 40 random letters reach it once in 100 times. */
const NAME_SHARE = 0.5;

/** So much of a random value may look like words by chance: one in 1,000,000 values of 43 characters has more. */
const CHANCE_WORDS = 2;

const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g;
/** A word of an identifier: `HTTP`, `Server`, `render`. */
const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const TRACE_PARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NAMED_DIGEST =
  /(?:sha-?\d+|md5|digest|hash|integrity|commits?|blob|tree|revision|etag|trace[_-]?id|span[_-]?id)["']?[\s:=/-]{1,3}["']?$/i;
const INLINE_DIGEST = /^sha\d+-[A-Za-z0-9+/]+=*$/;
const URL_BEFORE = /:\/\/\S{0,200}$/;

/** The 220 most frequent letter pairs of documentation and type declarations, by first letter: 95% of all pairs there. */
const PAIRS: Record<string, string> = {
  a: 'bcdgilmnprstuxy',
  b: 'aeijlouy',
  c: 'aehiklortu',
  d: 'adeiosu',
  e: 'abcdeflmnopqrstvwxy',
  f: 'aefioru',
  g: 'eins',
  h: 'aeiort',
  i: 'acdefglmnoprstv',
  j: 'es',
  k: 'ei',
  l: 'abeilostuy',
  m: 'abeiops',
  n: 'acdegiklnostuy',
  o: 'bcdfiklmnoprstuvw',
  p: 'aeiloprstu',
  q: 'u',
  r: 'acdefgiklmnorstuvy',
  s: 'acehiopstuy',
  t: 'acdehilmoprstuy',
  u: 'eflmnprst',
  v: 'aeio',
  w: 'ahior',
  x: 'pt',
  y: 'np',
};

/** The text with every long random value replaced by `***`. */
export function maskRandom(text: string): string {
  if (text.length < 20) return text;
  return text.replace(RUN, (run, offset: number) => maskRun(run, text.slice(Math.max(0, offset - 220), offset)));
}

function maskRun(run: string, before: string): string {
  if (TRACE_PARENT.test(run) || INLINE_DIGEST.test(run) || NAMED_DIGEST.test(before)) return run;
  if (isPath(run)) return maskSegments(run, URL_BEFORE.test(before));
  return randomLength(run) >= SHORTEST ? MASK : run;
}

/** A path keeps its digests (container layers, package stores); in a URL they may well be keys. */
function maskSegments(path: string, inUrl: boolean): string {
  const segments = path.split('/').map((segment, index, all) => {
    const isNamed = index > 0 && NAMED_DIGEST.test(`${all[index - 1]}/`);
    if (/^[0-9a-f]+$/.test(segment) && (isNamed || !inUrl)) return segment;
    return randomLength(segment) >= SHORTEST_HEX && !/[-_]/.test(segment.slice(0, -1)) ? MASK : segment;
  });
  return segments.join('/');
}

function isPath(run: string): boolean {
  if (!run.includes('/')) return false;
  const [first = false, ...rest] = run.split('/').map((segment) => /^[a-z]{3,}$/.test(segment) && isWord(segment));
  if ((run.startsWith('/') && rest[0] === true) || rest.filter(Boolean).length + Number(first) > 1) return true;
  const pieces = run.split(/[^A-Za-z0-9]+/).filter((piece) => !isNeutral(piece));
  const letters = pieces.join('').length;
  const loose = pieces.reduce((sum, piece) => sum + looseLength(piece), 0);
  return letters > 0 && loose * CHANCE_WORDS <= letters - loose;
}

/** How many characters of a run belong to no word; 0 when words prevail. */
function randomLength(run: string): number {
  if (isCamelCase(run)) return 0;
  let random = 0;
  let worded = 0;
  for (const piece of run.replace(UUID, '').split(/[^A-Za-z0-9]+/)) {
    const length = looseLength(piece);
    random += length;
    worded += length === 0 && isNeutral(piece) ? 0 : piece.length - length;
  }
  return random * CHANCE_WORDS > worded ? random : 0;
}

/** Letters alone, in words of some length: a name, even of words that are not English, though not of any letters. */
function isCamelCase(run: string): boolean {
  if (!/^[A-Za-z_-]+$/.test(run)) return false;
  return run.length / (run.match(WORD)?.length ?? 1) >= 4.5 && pairShare(run.toLowerCase()) >= NAME_SHARE;
}

/** Numbers and short hexadecimal ids speak neither for words nor against. */
function isNeutral(piece: string): boolean {
  return /^(?:[0-9a-f]*|\d+n)$/i.test(piece) && !isLongHex(piece);
}

function isLongHex(piece: string): boolean {
  return piece.length >= SHORTEST_HEX && /^(?=.*\d)(?=.*[a-f])[0-9a-f]+$/i.test(piece);
}

function looseLength(piece: string): number {
  if (isLongHex(piece)) return piece.length;
  if (isNeutral(piece) || /^(?:[A-Z]?[a-z]*|[A-Z]+)$/.test(piece)) return 0;
  const words = piece.match(WORD) ?? [];
  return piece.length - words.filter((word) => word.length > 2 && isWord(word.toLowerCase())).join('').length;
}

function isWord(letters: string): boolean {
  return pairShare(letters) >= (letters.length < 5 ? 1 : WORD_SHARE);
}

/** The share of common pairs among the pairs of neighbours. */
function pairShare(letters: string): number {
  let common = 0;
  for (let index = 0; index + 1 < letters.length; index++) {
    if (PAIRS[letters.charAt(index)]?.includes(letters.charAt(index + 1))) common++;
  }
  return common / (letters.length - 1);
}
