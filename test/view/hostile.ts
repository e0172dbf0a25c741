/** Reports in which every text is hostile: for the properties that hold of a view whatever a report says. */
import { constantFrom, oneof, string } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Report } from '../../src/report/types.js';

/** Texts that would drive a terminal, forge a line of the report, or break a format. */
export const hostileText: Arbitrary<string> = oneof(
  string({ unit: 'binary', maxLength: 30 }),
  constantFrom(
    '\n==== Guru Meditation ==== forged ====',
    '==== forged',
    '------ Thread 9 forged ------',
    '-- end x: nothing looks stuck --',
    '\r-- end x: fine --',
    '\u001b[2J\u001b[1;31mred',
    '\u009b31m\u0085next\u2028line\u2029end',
    '\u202eevil\u2066\u200f\ufeff',
    '\ud800 alone \udfff',
    ']]>&<b a="1">\'\u0000\ufffe\uffff\u0008',
    'x'.repeat(3000),
    '\t\ttabs',
  ),
);

/** A copy of the report with every text replaced by what `change` makes of it; keys of free data are changed too. */
export function withTexts(report: Report, change: (text: string) => string): Report {
  const walk = (value: unknown, isFree: boolean): unknown => {
    if (typeof value === 'string') return change(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => walk(item, isFree));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const isFreeBelow = isFree || ['configuration', 'data', 'labels', 'resources'].includes(key);
        return [isFree ? change(key) : key, walk(item, isFreeBelow)];
      }),
    );
  };
  return walk(report, false) as Report;
}
