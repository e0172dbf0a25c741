/** What fits on one screen: what is stuck, what waits, what is fine, and what to do next. */
import type { Report, TaskGroup } from '../report/types.js';
import { culprit, formatFrame, originOf } from '../report/frames.js';
import { age, counted, duration, moment } from './amounts.js';
import { labelled, limited, WIDTH, wrap } from './layout.js';
import { boxLines, isRead, readOfThreads, stateLines } from './screenStates.js';
import { groupVerdicts, verdictLines } from './verdictBlocks.js';
import type { BlockLength, VerdictGroup } from './verdictBlocks.js';

/** Lines of a small terminal, which a report's first words must fit. */
export const SCREEN = 24;

const NEXT_MOST = 4;
const NEXT_LEAST = 2;

/** Lines of other things beyond which the next steps get fewer lines. */
const CROWDED = 10;

/** Lines that a note needs at least to be shown whole. */
const NOTE_ROOM = 10;

interface Fitted {
  paragraphs: string[][];
  isShortened: boolean;
}

export interface FirstScreen {
  lines: string[];
  /** Verdicts were shortened, or next steps left out, to fit: the report then has them whole below. */
  isShortened: boolean;
}

/** At most `SCREEN` lines; with `full` as many as it takes. */
export function firstScreen(report: Report, full: boolean): FirstScreen {
  const head = headLines(report);
  const foot = [...stateLines(report), ...boxLines(report)];
  const isCrowded = head.length + foot.length > CROWDED;
  const steps = nextSteps(report, full ? Infinity : isCrowded ? NEXT_LEAST : NEXT_MOST);
  const groups = groupVerdicts(report);
  const below = foot.length + 1 + (steps.lines.length > 0 ? steps.lines.length + 1 : 0);
  const room = full ? Infinity : SCREEN - head.length - below;
  const verdicts = groups.some((group) => group.first.severity !== 'info')
    ? fitted(report, groups, room)
    : calm(report, groups, room);
  const paragraphs = [head, ...verdicts.paragraphs, foot, steps.lines].filter((lines) => lines.length > 0);
  const lines = paragraphs.flatMap((paragraph, index) => (index === 0 ? paragraph : ['', ...paragraph]));
  return { lines, isShortened: verdicts.isShortened || steps.isShortened };
}

/** The report's id without the host and the pid, which stand beside it anyway. */
export function shortId(report: Report): string {
  const start = `${report.process.host}-${report.process.pid}-`;
  return report.report.id.startsWith(start) ? report.report.id.slice(start.length) : report.report.id;
}

/** Whose report it is, in the line that every text of it begins with; not yet escaped. */
export function headLine(report: Report): string {
  const { process } = report;
  const name = [process.serviceName, report.package.version].filter((part) => part !== null).join(' ');
  return `==== Guru Meditation ==== ${name} ==== ${process.host} ${process.pid} ${shortId(report)} ====`;
}

function headLines(report: Report): string[] {
  const { process, report: header } = report;
  const kind = header.trigger.detail === '' ? header.trigger.kind : header.trigger.detail;
  const node = `node ${process.node.replace(/^v/, '')} ${process.platform}-${process.arch}`;
  const extra = header.durationMs - header.stacksMs;
  const evidence = extra >= 1 ? `, evidence in ${duration(extra)}` : '';
  const lines = [
    headLine(report),
    `${moment(header.requestedAt)}  ${kind}  ${node}  up ${duration(process.uptimeMs)}`,
    `${readOfThreads(report)} read in ${duration(header.stacksMs)}${evidence}. Nothing was stopped.`,
  ];
  if (header.collectedBy === 'sentinel')
    lines.push('Collected by the sentinel, because main did not lead this report.');
  if (!header.complete && header.notRead.length === 0) lines.push('This report is not complete.');
  return lines;
}

/**
 * Every verdict in one line, then from the first on as many as have room with their place, then as many whole. Where not
 * even a line each has room the first keeps its place, and what is left out from the end is counted.
 */
function fitted(report: Report, groups: VerdictGroup[], room: number): Fitted {
  const lengths = groups.map((): BlockLength => 'brief');
  const blocks = groups.map((group) => verdictLines(report, group, 'brief'));
  for (const length of ['short', 'whole'] as const) {
    for (const [index, group] of groups.entries()) {
      const longer = verdictLines(report, group, length);
      if (sizeOf(blocks.with(index, longer)) > room) continue;
      blocks[index] = longer;
      lengths[index] = length;
    }
  }
  if (sizeOf(blocks) > room) return crowded(report, groups, room);
  return { paragraphs: inParagraphs(blocks), isShortened: lengths.some((length) => length !== 'whole') };
}

/** The lines that blocks take with the empty lines in front of them. */
function sizeOf(blocks: string[][]): number {
  const paragraphs = inParagraphs(blocks);
  return paragraphs.reduce((sum, lines) => sum + lines.length + 1, 0);
}

/** Blocks of one line stand together. */
function inParagraphs(blocks: string[][]): string[][] {
  const paragraphs: string[][] = [];
  for (const [index, block] of blocks.entries()) {
    const last = paragraphs.at(-1);
    if (block.length === 1 && blocks[index - 1]?.length === 1 && last !== undefined) last.push(...block);
    else paragraphs.push([...block]);
  }
  return paragraphs;
}

function crowded(report: Report, groups: VerdictGroup[], room: number): Fitted {
  const [worst, ...others] = groups;
  if (worst === undefined) return { paragraphs: [], isShortened: false };
  const first = verdictLines(report, worst, 'short');
  const rest = briefLines(report, others, room - first.length - 2);
  return { paragraphs: rest.length > 0 ? [first, rest] : [first], isShortened: true };
}

/** A verdict a line; those for which there is no room are counted. */
function briefLines(report: Report, groups: VerdictGroup[], room: number): string[] {
  const shown = groups.length <= room ? groups : groups.slice(0, Math.max(0, room - 1));
  const hidden = groups.slice(shown.length).reduce((sum, group) => sum + group.count, 0);
  const more = hidden === 0 ? [] : labelled('MORE', `${counted(hidden, 'verdict')} in the section Verdicts below`);
  return [...shown.flatMap((group) => verdictLines(report, group, 'brief')), ...more];
}

/** No alarm is said as plainly as an alarm, and never of what could not be read. */
function calm(report: Report, notes: VerdictGroup[], room: number): { paragraphs: string[][]; isShortened: boolean } {
  const lines = wrap(calmSentence(report), WIDTH);
  const left = room - lines.length - 1;
  const rest =
    left >= NOTE_ROOM || notes.length === 0
      ? fitted(report, notes, left)
      : { paragraphs: [briefLines(report, notes, left - 1)], isShortened: true };
  return { ...rest, paragraphs: [lines, ...rest.paragraphs] };
}

/** `Nothing looks stuck. Longest wait: 41.1 s, 512 x await at render  src/pool.ts:71; read 5 of 5 threads.` */
export function calmSentence(report: Report): string {
  const isWhole = report.threads.every(isRead) && report.threads.length > 0;
  const verdict = isWhole ? 'Nothing looks stuck.' : 'Nothing that could be read looks stuck.';
  return `${verdict} ${longestWait(report)}; read ${readOfThreads(report)}.`;
}

function longest(groups: readonly TaskGroup[]): TaskGroup | null {
  return groups.reduce<TaskGroup | null>(
    (most, group) => ((group.ageMs?.max ?? 0) > (most?.ageMs?.max ?? -1) ? group : most),
    null,
  );
}

/** What a framework or a test runner waits for tells less than what the application does. */
function longestWait(report: Report): string {
  const { tasks } = report;
  if (tasks.mode === 'off' && tasks.groups.length === 0) return 'Tasks were not tracked';
  const waits = tasks.groups.filter((group) => group.ageMs !== null && group.type === 'await');
  const isOwn = ({ awaitStack }: TaskGroup): boolean =>
    awaitStack.some((frame) => originOf(frame, report.process.root) === 'application');
  const oldest = longest(waits.filter(isOwn)) ?? longest(waits);
  if (oldest === null) return tasks.pending === 0 ? 'Nothing is pending' : 'Longest wait: not known';
  const frame = culprit(oldest.awaitStack, report.process.root);
  const place = frame === null ? '' : ` at ${formatFrame(frame, report.process.root).replace(/^async /, '')}`;
  return `Longest wait: ${age(oldest.ageMs?.max ?? 0)}, ${oldest.count} x await${place}`;
}

/** What to do, each step once, in the order of the verdicts. */
function nextSteps(report: Report, most: number): { lines: string[]; isShortened: boolean } {
  const steps = [...new Set(report.verdicts.flatMap((verdict) => verdict.next))];
  const lines: string[] = [];
  let isShortened = false;
  for (const [index, step] of steps.entries()) {
    const next = labelled(index === 0 ? 'NEXT' : '', step);
    const rest = steps.length - index;
    const left = most - lines.length - (rest === 1 ? 0 : 1);
    if (index > 0 && next.length > left) {
      return { lines: [...lines, ...labelled('', `${rest} more in the section Verdicts below`)], isShortened: true };
    }
    isShortened ||= next.length > left;
    lines.push(...limited(next, left));
  }
  return { lines, isShortened };
}
