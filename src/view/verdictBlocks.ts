/** Verdicts in words: STUCK and WAITS blocks, each in three lengths so that the worst never pushes the others off the screen. */
import type { Report, Verdict, VerdictCode } from '../report/types.js';
import { formatFrame, formatPlace, sameFrame } from '../report/frames.js';
import { poolTaskText, tasksOfThread } from '../report/poolTasks.js';
import { clock, duration } from './amounts.js';
import { labelled, limited, WIDTH, wrap } from './layout.js';
import { frameLine, sourceOf, submitterOf } from './stackLines.js';
import { ofPool, threadName, threadNames } from './threadNames.js';

/** `brief` is one line, `short` says where and doing what, `whole` is everything. */
export type BlockLength = 'brief' | 'short' | 'whole';

/** Verdicts that say the same of several threads; `first` is the one whose evidence is shown. */
export interface VerdictGroup {
  first: Verdict;
  threadIds: number[];
  forMs: number | null;
  count: number;
  /** What to do about all of them, each step once. */
  next: string[];
}

const TEXT_INDENT = 9;

const LABELS_BY_CODE: Record<VerdictCode, string> = {
  'thread-spinning': 'STUCK',
  'thread-microtask-loop': 'STUCK',
  'thread-atomics-wait': 'STUCK',
  'thread-native-cpu': 'STUCK',
  'thread-native-wait': 'STUCK',
  deadlock: 'STUCK',
  'pool-stalled': 'STUCK',
  'thread-out-of-memory': 'MEMORY',
  'cpu-throttled': 'SLOW',
  'task-pileup': 'WAITS',
  'pool-saturated': 'WAITS',
  'libuv-pool-busy': 'WAITS',
  'task-leak': 'LEAKS',
};

/** A map, since a stored report may name a code that is none, such as what every object inherits. */
const LABELS = new Map<string, string>(Object.entries(LABELS_BY_CODE));

/** The word in front of a verdict; what is only worth knowing is a NOTE. */
export function labelOf(verdict: Verdict): string {
  return verdict.severity === 'info' ? 'NOTE' : labelOfCode(verdict.code);
}

/** The word for what a verdict with this code says, when it is an alarm. */
export function labelOfCode(code: string): string {
  return LABELS.get(code) ?? 'WRONG';
}

/** Verdicts in their order, those of several threads at one place with one meaning as one group. */
export function groupVerdicts(report: Report): VerdictGroup[] {
  const groups: VerdictGroup[] = [];
  for (const verdict of report.verdicts) {
    const same = groups.find((group) => saysTheSame(report, group.first, verdict));
    if (same === undefined) groups.push(groupOf(verdict));
    else addTo(same, verdict);
  }
  return groups;
}

/** The lines of a group, its label in front. */
export function verdictLines(report: Report, group: VerdictGroup, length: BlockLength): string[] {
  if (length === 'brief') return limited(labelled(labelOf(group.first), briefly(report, group)), 1);
  const heading = labelled(labelOf(group.first), headline(report, group));
  const place = placeLines(report, group.first);
  if (length === 'short')
    return [...limited(heading, 2), ...shortPlace(report, group, place), ...doingLines(report, group)];
  return [...heading, ...place, ...whyLines(report, group), ...doingLines(report, group), ...evidenceLines(group)];
}

/** Who, where and how long in one line: what the last line of a report repeats. */
export function verdictInOneLine(report: Report, verdict: Verdict): string {
  const { root } = report.process;
  if (!isOfThread(verdict)) return `${labelOf(verdict)} ${verdict.text.replace(/\.$/, '')}`;
  const frame = verdict.frame === null ? [] : [formatFrame(verdict.frame, root).replace(/ {2}/, ' ')];
  const time = verdict.forMs === null ? [] : [duration(verdict.forMs)];
  const more = frame.length === 0 ? [verdict.code.replace('thread-', '')] : frame;
  return [labelOf(verdict), threadName(report, verdict.threadId ?? 0), ...more, ...time].join(' ');
}

/** Who and for how long: `worker 3 of pool pdf-render, for 41 s (since 03:06:30)`; of tasks and pools the sentence. */
export function headline(report: Report, group: VerdictGroup): string {
  const { first, threadIds, forMs, count } = group;
  if (!isOfThread(first)) return first.text.replace(/\.$/, '');
  const pool = ofPool(report, threadIds[0] ?? 0);
  const time = forMs === null ? '' : `, for ${count > 1 ? 'up to ' : ''}${duration(forMs)}`;
  const since = first.since === null || count > 1 ? '' : ` (since ${clock(first.since, report.report.requestedAt)})`;
  return `${count > 1 ? `${count} threads: ` : ''}${threadNames(report, threadIds)}${pool}${time}${since}`;
}

function briefly(report: Report, group: VerdictGroup): string {
  const { frame, text } = group.first;
  const isPlaced = frame !== null && isOfThread(group.first);
  if (group.count === 1 && text !== '' && !isPlaced) return text.replace(/\.$/, '');
  const subject = headline(report, group).replace(/ \(since [^)]*\)$/, '');
  if (!isPlaced) return subject;
  return `${subject.replace(/ of pool [^,]*/, '')}, in ${formatFrame(frame, report.process.root).replaceAll(/ {2}/g, ' ')}`;
}

/** The place and its line of source; a verdict on tasks may name the place in its evidence already. */
function placeLines(report: Report, verdict: Verdict): string[] {
  const { root } = report.process;
  const { frame } = verdict;
  if (frame === null) return [];
  const place = formatPlace(frame, root);
  if (!isOfThread(verdict) && place !== '' && verdict.evidence.some((line) => line.includes(place))) return [];
  const source = sourceOf(frame);
  const line = `  in     ${frameLine(frame, root)}`;
  return source === null ? [line] : [line, `${' '.repeat(TEXT_INDENT)}${frame.line ?? '?'} | ${source}`];
}

/** Where it is, else what it waits for: at most two lines. */
function shortPlace(report: Report, group: VerdictGroup, place: string[]): string[] {
  if (place.length > 0) return place.slice(0, 2);
  if (group.first.waitsFor !== null)
    return limited(labelled('  waits', `for ${group.first.waitsFor.what}`, TEXT_INDENT), 1);
  return isOfThread(group.first) ? limited(whyLines(report, group), 2) : [];
}

/** A thread that spins at a known place needs no sentence; what else is wrong with one does. */
function whyLines(report: Report, group: VerdictGroup): string[] {
  const { first } = group;
  const lines = [];
  const isPlain = first.code === 'thread-spinning' && first.frame !== null;
  if (isOfThread(first) && !isPlain) lines.push(...labelled('  why', first.text, TEXT_INDENT));
  const waits = first.waitsFor?.what ?? null;
  if (waits !== null && !first.text.includes(waits)) lines.push(...labelled('  waits', `for ${waits}`, TEXT_INDENT));
  if (group.count > 1 && first.threadId !== null) {
    lines.push(
      ...labelled('  here', `as read of ${threadName(report, first.threadId)}; the others alike`, TEXT_INDENT),
    );
  }
  return lines;
}

function doingLines(report: Report, group: VerdictGroup): string[] {
  const doing = doingOf(report, group);
  return doing === null ? [] : [`  doing  ${doing}`];
}

/** What a stuck worker was asked to do, and by whom: `renderPdf, submitted by postInvoice  src/routes/invoice.ts:40`. */
export function doingOf(report: Report, group: VerdictGroup): string | null {
  if (!isOfThread(group.first)) return null;
  const tasks = tasksOfThread(report, group.first.threadId ?? 0);
  const [task] = tasks;
  if (task === undefined) return null;
  const more = tasks.length === 1 ? '' : ` (and ${tasks.length - 1} more)`;
  const submitter = submitterOf(task.submittedAt, report.process.root);
  return `${poolTaskText(task)}${submitter === null ? '' : `, submitted by ${submitter}`}${more}`;
}

/** Of a thread: facts in one paragraph, then what is only inferred. Of tasks and pools: a line each. */
function evidenceLines(group: VerdictGroup): string[] {
  const { first } = group;
  const indent = ' '.repeat(TEXT_INDENT);
  if (!isOfThread(first)) {
    return first.evidence.flatMap((line) => wrap(line, WIDTH - TEXT_INDENT).map((part) => indent + part));
  }
  const said = first.evidence.filter((line) => isMarked(line));
  const facts = first.evidence.filter((line) => !isMarked(line));
  const basis = first.basis === 'measured' ? 'measured' : 'inferred from';
  const paragraphs = facts.length === 0 ? said : [`${basis}: ${facts.join(', ')}`, ...said];
  return paragraphs.flatMap((text, index) => labelled(index === 0 ? '  sure' : '', text, TEXT_INDENT));
}

function isMarked(line: string): boolean {
  return line.startsWith('measured:') || line.startsWith('inferred:');
}

/** Whether it is about a thread's own state. */
export function isOfThread(verdict: Verdict): boolean {
  return verdict.threadId !== null && verdict.code.startsWith('thread-');
}

function saysTheSame(report: Report, one: Verdict, other: Verdict): boolean {
  if (!isOfThread(one) || !isOfThread(other) || one.code !== other.code || one.severity !== other.severity)
    return false;
  if (one.frame === null || other.frame === null || !sameFrame(one.frame, other.frame)) return false;
  if (ofPool(report, one.threadId ?? 0) !== ofPool(report, other.threadId ?? 0)) return false;
  return one.waitsFor?.what === other.waitsFor?.what && one.basis === other.basis;
}

function groupOf(first: Verdict): VerdictGroup {
  return { first, threadIds: idsOf(first), forMs: first.forMs, count: 1, next: [...new Set(first.next)] };
}

function addTo(group: VerdictGroup, verdict: Verdict): void {
  group.next.push(...verdict.next.filter((step) => !group.next.includes(step)));
  group.count += 1;
  group.threadIds.push(...idsOf(verdict));
  group.forMs = group.forMs === null ? verdict.forMs : Math.max(group.forMs, verdict.forMs ?? 0);
}

function idsOf(verdict: Verdict): number[] {
  return verdict.threadId === null ? [] : [verdict.threadId];
}
