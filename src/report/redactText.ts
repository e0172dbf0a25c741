/** Takes secrets out of one text: private keys, passwords in URLs, tokens, authorization, `key=value`, long random values. */
import { maskRandom } from './randomText.js';
import { isHeaderKey, isSecretKey, isWorkingDirectory, mayNameSecret } from './secretKeys.js';

/** Stands for every secret, whether one was set or not. */
export const MASK = '***';

/**
 * What a text is. `code`: a line of source, where only what stands in literals and comments can be a secret.
 * `place`: a path, a function, an id or a host, which has to stay what it is: random-looking parts are left.
 */
export type TextKind = 'text' | 'code' | 'place';

const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g;
const DATA_URL = /^data:([\w.+-]*\/?[\w.+-]*)[;,][\s\S]+$/;

/** `scheme://user:password@`; greedy to the last `@`, because passwords hold `@` and `/`; not a port and a path with an `@`. */
const URL_PASSWORD = /([A-Za-z][\w+.-]{0,40}:\/\/)([^\s:/?#@"'`<>]{0,200}):(?!\d{1,5}[/?#])[^\s"'`<>]+@/g;
const URL_TOKEN = /([A-Za-z][\w+.-]{0,40}:\/\/)[\w.~%+-]{20,}@/g;
const BARE_PASSWORD = /(?<![\w.+:/@-])([\w.+-]{1,100}):(?![\d]+@)[^\s:@/\\"'`<>()]{1,200}@(?=[A-Za-z\d[])/g;
/** What stands in front of a colon and an address without being a user. */
const NO_USER =
  /^(?:npm|node|file|link|workspace|patch|portal|jsr|mailto|sip|sips|xmpp|acct|email|e-mail|mail|from|to|cc|bcc|by|at)$/i;

/** Tokens that their issuers gave a shape of their own. */
const TOKENS = new RegExp(
  [
    String.raw`eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}`, // JSON web tokens, signed and encrypted
    String.raw`gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}`,
    String.raw`sk-(?=[\w-]*[\dA-Z])[\w-]{16,}|[srpw][kh]_(?:live|test)_\w{10,}|whsec_[\w+/=]{10,}`,
    String.raw`(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}`,
    String.raw`xox[a-z](?:\.[a-z]+)?-[\w-]{10,}|xapp-[\w-]{10,}`,
    String.raw`npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dop_v1_[a-f0-9]{32,}|shp[a-z]{2}_[a-fA-F0-9]{32}`,
    String.raw`AIza[\w-]{35}|ya29\.[\w-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}|hf_[A-Za-z0-9]{20,}|hv[sbr]\.[\w-]{20,}`,
    String.raw`\d{8,10}:AA[\w-]{33}|AGE-SECRET-KEY-1[A-Z0-9]{30,}|lin_api_\w{20,}|dapi[a-f0-9]{32}`,
  ]
    .map((shape) => String.raw`(?<![A-Za-z0-9])(?:${shape})`)
    .join('|'),
  'g',
);
const SLACK_HOOK = /(hooks\.slack\.com\/(?:services|workflows)\/)[\w/-]+/g;
const BEARER = /\b(bearer)([ \t]+|%20)([\w.~+/=:-]{8,})/gi;
const BASIC = /\b(basic)([ \t]+|%20)([A-Za-z0-9+/_-]{6,}={0,2})/gi;

/** A flag and its value as two words. */
const FLAG = /(?<![\w-])(--?[A-Za-z][\w-]*)([ \t]+)(?=[^\s-])/g;
/** A key, what closes its quotes, and the separator. The first group holds names of two words such as `api key`. */
const PAIR =
  /(?<![\w$.-])[.-]{0,3}((?:(?:api|access|private|signing|encryption|master|account|connection|session|auth|ssh|license) )?[A-Za-z_$][\w$.-]*)(\\*["'`]?\]?)([ \t]{0,8}(?:=>|[:=](?![=>]))[ \t]{0,8})/gi;
/** An unquoted value: to white space, a quote, or a delimiter that ends the value rather than stands inside it. */
const BARE_VALUE = /(?:[^\s"'`;&,)}\]\\]|\\(?!["'`nrt])|[;&,)}\]](?![\s"'`;&,)}\]]|$|[\w.-]+[ \t]*[:=]))+/y;
const LINE_VALUE = /(?:[^\r\n"'`\\]|\\(?!["'`nr]))+/y;
const SCHEME_VALUE = /(?:bearer|basic|digest|token|apikey)[ \t]+/iy;
const EXPRESSION = /(?:await |new |typeof |void |[A-Za-z_$])[\w$]*/y;

/** The text with every secret that can be recognised replaced by `***`. Ordinary text comes out as it went in. */
export function redactText(text: string, kind: TextKind = 'text'): string {
  if (text.length < 4) return text;
  if (kind === 'place') return maskShapes(text.replace(DATA_URL, 'data:$1,…'));
  return maskRandom(maskPairs(maskShapes(text), kind));
}

function maskShapes(text: string): string {
  let masked = text.replace(PRIVATE_KEY, MASK);
  if (masked.includes('@')) {
    masked = masked.replace(URL_PASSWORD, `$1$2:${MASK}@`).replace(URL_TOKEN, `$1${MASK}@`);
    masked = masked.replace(BARE_PASSWORD, (whole, user: string) => (NO_USER.test(user) ? whole : `${user}:${MASK}@`));
  }
  return masked
    .replace(TOKENS, MASK)
    .replace(SLACK_HOOK, `$1${MASK}`)
    .replace(BEARER, (whole, word: string, gap: string, value: string) => (isToken(value) ? word + gap + MASK : whole))
    .replace(BASIC, (whole, word: string, gap: string, value: string) => (isBasic(value) ? word + gap + MASK : whole));
}

/** After `Bearer` comes a token or an English word. */
function isToken(value: string): boolean {
  return /\d|.[A-Z]/.test(value);
}

/** Basic authorization is `user:password` in base64. */
function isBasic(value: string): boolean {
  try {
    return /^[^:]*:/.test(atob(value.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return false;
  }
}

function maskPairs(text: string, kind: TextKind): string {
  if (!mayNameSecret(text)) return text;
  let result = '';
  let done = 0;
  for (const found of pairsOf(text, kind)) {
    if (found.start < done) continue;
    result += text.slice(done, found.start) + MASK;
    done = found.end;
  }
  return done === 0 ? text : result + text.slice(done);
}

/** The places of values that follow a secret key or flag, in order. */
function pairsOf(text: string, kind: TextKind): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const add = (place: { start: number; end: number } | null): void => {
    if (place !== null) found.push(place);
  };
  if (/[:=]/.test(text)) {
    for (const match of text.matchAll(PAIR)) {
      const [whole, key = '', close = '', separator = ''] = match;
      if (!isSecretKey(key) || (separator.includes('=>') && close === '')) continue;
      if (/\bunexpected $/i.test(text.slice(0, match.index))) continue;
      add(valueAt(text, match.index + whole.length, key, separator, kind));
    }
  }
  if (text.includes('-')) {
    for (const match of text.matchAll(FLAG)) {
      if (isSecretKey(match[1] ?? '') && (kind === 'text' || !isCode(text, match.index)))
        add(valueAt(text, match.index + match[0].length, match[1] ?? '', '=', kind));
    }
  }
  return found.sort((one, other) => one.start - other.start);
}

function valueAt(
  text: string,
  at: number,
  key: string,
  separator: string,
  kind: TextKind,
): { start: number; end: number } | null {
  const quote = /^\\*["'`]/.exec(text.slice(at, at + 8))?.[0];
  if (quote !== undefined) return { start: at + quote.length, end: endOfQuoted(text, at + quote.length, quote) };
  if (/[{[(<]/.test(text.charAt(at))) return null;
  if (kind === 'code' && separator !== '=' && isCode(text, at) && endOf(EXPRESSION, text, at) > at) return null;
  const end = endOfBare(text, at, key, separator);
  return end === at || isWorkingDirectory(key, text.slice(at, end)) ? null : { start: at, end };
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && !text.startsWith(quote, at)) at += quote.length === 1 && text.charAt(at) === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

function endOfBare(text: string, at: number, key: string, separator: string): number {
  const scheme = endOf(SCHEME_VALUE, text, at);
  const isLine = separator.includes(':') && isHeaderKey(key);
  return endOf(isLine ? LINE_VALUE : BARE_VALUE, text, scheme);
}

/** Whether a place is outside literals and comments, where a bare word is the name of a value and not the value. */
function isCode(line: string, at: number): boolean {
  const before = line.slice(0, at);
  if (/(?:^|[^:])\/\/|^\s*\*|\/\*/.test(before)) return false;
  const quotes = before.replaceAll(/\\./g, '').match(/["'`]/g) ?? [];
  return quotes.length % 2 === 0;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
