/** The report in one short line of JSON, for collectors that split a log into lines and cut long ones. */
import type { ProcessNode, Report, ThreadReport, Verdict } from '../report/types.js';
import { formatFrame } from '../report/frames.js';
import { escapeJson } from './escape.js';
import { isRead } from './screenStates.js';
import { wholeReport } from '../report/whole.js';

/** Collectors are known to cut lines at 8 KB (Docker's at 16); the line break counts. */
const BYTES_MOST = 8191;

/** Texts are whole where they can be, else cut to one of these lengths. */
const TEXT_LENGTHS = [1000, 400, 200, 100, 60, 20];

/** Failed registered sections that are named. */
const FAILED_MOST = 5;

/** Texts are cut shorter before fewer verdicts than these are shown. */
const VERDICTS_LEAST = 5;

interface Cutter {
  (text: string): string;
  cut: number;
}

/** One line under 8 KB with a line break at its end: verdicts, counts, and how much was cut from them. */
export function renderSummary(given: Report): string {
  const report = wholeReport(given);
  let line = '';
  for (const length of TEXT_LENGTHS) {
    let shown = report.verdicts.length;
    line = lineOf(report, length, shown);
    while (shown > 1 && !fits(line)) {
      shown = Math.min(shown - 1, 50);
      line = lineOf(report, length, shown);
    }
    if (fits(line) && shown >= Math.min(VERDICTS_LEAST, report.verdicts.length)) return line;
  }
  return line;
}

function fits(line: string): boolean {
  return new TextEncoder().encode(line).length <= BYTES_MOST;
}

function lineOf(report: Report, length: number, verdictsShown: number): string {
  const text = cutter(length);
  const { report: header, process } = report;
  const summary = {
    format: 'guru-meditation-summary',
    formatVersion: report.formatVersion,
    id: text(header.id),
    requestedAt: text(header.requestedAt),
    trigger: text([header.trigger.kind, header.trigger.detail].filter((part) => part !== '').join(' ')),
    service: text(process.serviceName),
    version: report.package.version === null ? null : text(report.package.version),
    host: text(process.host),
    pid: process.pid,
    node: text(process.node),
    uptimeMs: process.uptimeMs,
    stacksMs: header.stacksMs,
    durationMs: header.durationMs,
    collectedBy: text(header.collectedBy),
    complete: header.complete,
    stuck: report.verdicts.some((verdict) => verdict.severity !== 'info'),
    counts: countsOf(report, text),
    verdicts: report.verdicts.slice(0, verdictsShown).map((verdict) => verdictOf(report, verdict, text)),
    verdictsLeftOut: report.verdicts.length - verdictsShown,
    sectionsFailed: failedSections(report, text),
  };
  return `${escapeJson(JSON.stringify({ ...summary, textsCut: text.cut }))}\n`;
}

function countsOf(report: Report, text: Cutter): Record<string, unknown> {
  const { threads, tasks, pools } = report;
  return {
    threads: threads.length,
    threadsRead: threads.filter(isRead).length,
    states: statesOf(threads, text),
    notRead: report.report.notRead.length,
    tasksPending: tasks.pending,
    taskGroups: tasks.groups.length + tasks.groupsElided,
    promisesCollectedUnsettled: tasks.collectedUnsettled,
    pools: pools.length,
    queued: pools.reduce((sum, pool) => sum + pool.queued, 0),
    verdicts: report.verdicts.length,
    processes: countProcesses(report.processes),
    configurationGroups: Object.keys(report.configuration).length,
    sections: report.sections.length,
    sectionsFailed: report.sections.filter(({ error }) => error !== null).length,
  };
}

/** The first of them; how many there are is among the counts. */
function failedSections(report: Report, text: Cutter): Record<string, unknown>[] {
  const failed = report.sections.filter(({ error }) => error !== null).slice(0, FAILED_MOST);
  return failed.map(({ title, error }) => ({ title: text(title), error: text(error ?? '') }));
}

function countProcesses(processes: readonly ProcessNode[]): number {
  let count = 0;
  const left = [...processes];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    count++;
    left.push(...next.children);
  }
  return count;
}

/** There are nine states; a stored report that claims more has the rest of them under `other`. */
function statesOf(threads: readonly ThreadReport[], text: Cutter): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { state } of threads) {
    const name = counts.has(state) || counts.size < 10 ? state : 'other';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].map(([state, count]) => [text(state), count]));
}

function verdictOf(report: Report, verdict: Verdict, text: Cutter): Record<string, unknown> {
  return {
    code: text(verdict.code),
    severity: text(verdict.severity),
    basis: text(verdict.basis),
    threadId: verdict.threadId,
    forMs: verdict.forMs,
    at: verdict.frame === null ? null : text(formatFrame(verdict.frame, report.process.root)),
    waitsFor: verdict.waitsFor === null ? null : text(verdict.waitsFor.what),
    text: text(verdict.text),
  };
}

/** Cuts texts to a length and counts those it cut; what a cut text lacks is said at its end. */
function cutter(length: number): Cutter {
  const text = ((whole: string): string => {
    if (whole.length <= length) return whole;
    text.cut += 1;
    const start = whole.slice(0, length).replace(/[\ud800-\udbff]$/, '');
    return `${start}... (+${whole.length - start.length})`;
  }) as Cutter;
  text.cut = 0;
  return text;
}
