/** Durations, times, sizes and counts as a person reads them. */
import { spokenTime as duration } from '../report/durations.js';

export { duration };

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The age of a task in ms: tenths of a second up to two minutes (`0.2 s`, `41.1 s`), so that ages in a list compare. */
export function age(ms: number): string {
  return ms >= 0 && ms < 2 * MINUTE ? `${(ms / SECOND).toFixed(1)} s` : duration(ms);
}

/** `0.2 s .. 41.1 s, median 20.4 s`, or the one age of a single task. */
export function ages(of: { min: number; median: number; max: number }, count: number): string {
  if (count === 1 || of.min === of.max) return age(of.max);
  return `${age(of.min)} .. ${age(of.max)}, median ${age(of.median)}`;
}

/** An ISO time without its fraction: `2026-11-22T03:07:11Z`. */
export function moment(iso: string): string {
  return iso.replace(/\.\d+Z$/, 'Z');
}

/** The time of day of an ISO time in UTC; with its date where that is not the date of `reference`. */
export function clock(iso: string, reference: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(iso);
  if (parts === null) return iso;
  return reference.startsWith(parts[1] ?? '') ? (parts[2] ?? '') : `${parts[1]} ${parts[2]}`;
}

/** A share between 0 and 1 as whole percent; never 0% for what is there at all. */
export function percent(share: number): string {
  return share > 0 && share < 0.005 ? 'under 1%' : `${Math.round(share * 100)}%`;
}

/** Bytes as whole MiB, the number alone. */
export function mebibytes(bytes: number): string {
  return String(Math.round(bytes / (1024 * 1024)));
}

/** `1 thread`, `2 threads`; words that take another plural bring it along. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
