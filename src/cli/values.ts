/** What words and options of a command stand for: times, counts, views. Each throws `GMR_USAGE` for what it is not. */
import { GuruError } from '../errors.js';
import { FORMATS_LISTED, isFormat, type Format } from '../optionChecks.js';
import type { OptionValues } from './command.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 };

/** The longest time that a timer of Node.js can wait, ms. */
const TIME_MAX = 2 ** 31 - 1;

/** `90` and `90s` are seconds, `10m` minutes, `1h` an hour, `500ms` what it says; in ms. */
export function readTime(name: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text) ?? [];
  const ms = number === '' ? Number.NaN : Number(number) * (UNITS[unit] ?? Number.NaN);
  if (ms >= 1 && ms <= TIME_MAX) return ms;
  throw wrong(name, 'a time such as 90, 90s, 10m or 1h', text);
}

/** A whole number from 1 on. */
export function readCount(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw wrong(name, 'a whole number from 1', text);
}

/** The view that `--json` or `--view` asks for. */
export function readView(command: string, { json, view }: OptionValues): Format {
  const name = json === true ? 'json' : String(view ?? 'text');
  if (isFormat(name)) return name;
  throw wrong(`${command} --view`, FORMATS_LISTED, name);
}

function wrong(name: string, expected: string, actual: string): GuruError {
  return new GuruError('GMR_USAGE', `${name}: expected ${expected}, got ${JSON.stringify(actual)}`);
}
