/** The text of a report of which somebody wants to see a part: what matches, without what only the whole report can say. */
import type { FilteredReport } from '../report/filter.js';
import { escape } from './escape.js';
import { headLine, shortId } from './firstScreen.js';
import { greenThreadsSection } from './greenThreads.js';
import { printLines, printSection, WIDTH, wrap } from './layout.js';
import { poolsSection } from './pools.js';
import { threadsSection } from './threads.js';
import { groupVerdicts, verdictLines } from './verdictBlocks.js';

/** With a line break at its end; `wanted` says what was looked for. */
export function renderFiltered(filtered: FilteredReport, wanted: string, options: { full?: boolean } = {}): string {
  const full = options.full === true;
  const { report, threads, tasks } = filtered;
  const note = `Only ${wanted}: ${threads.kept} of ${threads.all} threads, ${tasks.kept} of ${tasks.all} tasks.`;
  const verdicts = groupVerdicts(report).flatMap((group) => [...verdictLines(report, group, 'whole'), '']);
  const sections = [
    ...(threads.kept > 0 ? [threadsSection(report, full)] : []),
    ...(report.tasks.groups.length > 0 ? [greenThreadsSection(report, full)] : []),
    ...(report.pools.length > 0 ? [poolsSection(report, full)] : []),
  ];
  const lines = [
    escape(headLine(report)),
    ...printLines([...wrap(note, WIDTH), '', ...verdicts], full),
    ...sections.flatMap((section) => printSection(section, full)),
    '='.repeat(WIDTH),
    `-- end ${escape(shortId(report))}: a part of the report --`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
