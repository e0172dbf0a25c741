/** The report as data with only the sections that were asked for: what JSON and XML print. */
import type { Report } from '../report/types.js';
import { inKeyOrder } from './keyOrder.js';
import { isSelected } from './selection.js';

const TITLES = {
  package: 'Package',
  threads: 'Threads',
  tasks: 'Green Threads',
  pools: 'Pools',
  processes: 'Processes',
  configuration: 'Configuration',
  configurationDocs: 'Configuration',
} as const satisfies Partial<Record<keyof Report, string>>;

/** What was left out has no key: an empty list would say that there was nothing. Keys come in the order of the types. */
export function selectedReport(report: Report, sections: readonly string[] | undefined): Record<string, unknown> {
  const left = Object.entries(TITLES).filter(([, title]) => !isSelected(title, sections));
  const without = new Set(left.map(([key]) => key));
  const kept = Object.fromEntries(Object.entries(report).filter(([key]) => !without.has(key))) as Partial<Report>;
  if (kept.sections !== undefined) kept.sections = kept.sections.filter(({ title }) => isSelected(title, sections));
  return inKeyOrder(kept);
}
