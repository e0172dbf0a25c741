/** What an option takes: each check returns the value in the form the options hold, or `undefined` when it is not what was expected. */
import { nodeOs } from './nodeOs.js';
import type { Report } from './report/types.js';

/** The faces of a report, by name. */
export const FORMATS = ['text', 'json', 'xml', 'html', 'summary'] as const;
export type Format = (typeof FORMATS)[number];

/** As a sentence lists them. */
export const FORMATS_LISTED = `${FORMATS.slice(0, -1).join(', ')} or ${FORMATS.at(-1)}`;

/** What a report says of the application's package, as far as it was told. */
export interface PackageNames {
  vendor: string | null;
  product: string | null;
  version: string | null;
}

type OnReport = (report: Report) => void;

export function signals(value: unknown): string[] | undefined {
  if (value === false) return [];
  const names = words(value)?.map((name) =>
    name.toUpperCase().startsWith('SIG') ? name.toUpperCase() : `SIG${name.toUpperCase()}`,
  );
  if (names === undefined) return undefined;
  const real = names.filter((name) => !['SIGNONE', 'SIGOFF'].includes(name));
  const cannot = ['SIGKILL', 'SIGSTOP'];
  return real.every((name) => isSignal(name) && !cannot.includes(name)) ? real : undefined;
}

/** Signals of the platforms that Node runs on: one that exists elsewhere is no mistake, only not to be had here. */
const SIGNALS_ELSEWHERE: readonly string[] = [
  'SIGBREAK',
  'SIGEMT',
  'SIGHUP',
  'SIGINFO',
  'SIGIO',
  'SIGLOST',
  'SIGPOLL',
  'SIGPWR',
  'SIGQUIT',
  'SIGSTKFLT',
  'SIGTSTP',
  'SIGUNUSED',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGXCPU',
];

function isSignal(name: string): boolean {
  return SIGNALS_ELSEWHERE.includes(name) || Object.hasOwn(nodeOs().constants.signals, name);
}

export function formats(value: unknown): Format[] | undefined {
  const names = words(value);
  if (names === undefined || names.length === 0) return undefined;
  return names.every(isFormat) ? [...new Set(names)] : undefined;
}

export function isFormat(name: string): name is Format {
  return FORMATS.some((format) => format === name);
}

export function version(value: unknown): PackageNames | undefined {
  if (typeof value === 'string') return { vendor: null, product: null, version: value };
  if (typeof value !== 'object' || value === null) return undefined;
  const { vendor = null, product = null, version: number = null } = value as Record<string, unknown>;
  return isText(vendor) && isText(product) && isText(number) ? { vendor, product, version: number } : undefined;
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

export function words(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.every((word) => typeof word === 'string') ? (value as string[]) : undefined;
  if (typeof value !== 'string') return undefined;
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

export function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

export function configuration(value: unknown): unknown {
  return typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : undefined;
}

export function callback(value: unknown): OnReport | undefined {
  return typeof value === 'function' ? (value as OnReport) : undefined;
}

export function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return undefined;
  if (['1', 'true', 'on', 'yes'].includes(value.toLowerCase())) return true;
  return isOff(value) ? false : undefined;
}

export function prefix(value: unknown): string | undefined {
  return typeof value === 'string' && !/[\r\n]/.test(value) ? value : undefined;
}

export function payload(value: unknown): number | undefined {
  return isOff(value) ? 0 : whole(0, 1_000_000)(value);
}

export function isOff(value: unknown): boolean {
  return (
    value === false || (typeof value === 'string' && ['off', 'none', '0', 'false', 'no'].includes(value.toLowerCase()))
  );
}

export function oneOf<Value extends string>(values: readonly Value[]): (value: unknown) => Value | undefined {
  return (value) => values.find((known) => known === value);
}

export function whole(least: number, most: number): (value: unknown) => number | undefined {
  return (value) => {
    const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
    return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most
      ? number
      : undefined;
  };
}

/** `off` and `false` are a value of their own: null, which must win over the default as well. */
export function maybe(check: (value: unknown) => number | undefined): (value: unknown) => number | null | undefined {
  return (value) => (isOff(value) ? null : check(value));
}
