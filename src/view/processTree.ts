/** The reports of a process and of all below it, worst first: a line for each process, then each first screen. */
import type { Report, Severity } from '../report/types.js';
import { escape } from './escape.js';
import { renderFirstScreen, worstInOneLine } from './text.js';

/** One process; without a report there is a reason. */
export interface TreeEntry {
  pid: number;
  ppid: number;
  name: string;
  report: Report | null;
  /** Why there is none; null when there is one. */
  why: string | null;
}

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

/** By the severity of the first verdict, then by how long that lasts; those without a report last. */
export function worstProcessFirst(entries: readonly TreeEntry[]): TreeEntry[] {
  return [...entries].sort((one, other) => rank(one) - rank(other) || lasts(other) - lasts(one) || one.pid - other.pid);
}

/** With a line break at its end. */
export function renderTree(entries: readonly TreeEntry[]): string {
  const sorted = worstProcessFirst(entries);
  const width = Math.max(...sorted.map(({ pid, name }) => `${pid} ${escape(name)}`.length));
  const heads = sorted.map((entry) => {
    const found = entry.report === null ? `not read: ${escape(entry.why ?? '')}` : worstInOneLine(entry.report);
    return `${`${entry.pid} ${escape(entry.name)}`.padEnd(width)}  ${found}\n`;
  });
  const screens = sorted.flatMap(({ report }) => (report === null ? [] : [`\n${renderFirstScreen(report)}`]));
  return [...heads, ...screens].join('');
}

function rank({ report }: TreeEntry): number {
  if (report === null) return SEVERITIES.length + 1;
  const [first] = report.verdicts;
  return first === undefined ? SEVERITIES.length : SEVERITIES.indexOf(first.severity);
}

function lasts({ report }: TreeEntry): number {
  return report?.verdicts[0]?.forMs ?? 0;
}
