/** What fits on one screen: what is stuck, what waits, what is fine, and what to do next. */
import type { Report, TaskGroup } from '../report/types.js';
import { culprit, formatFrame } from '../report/frames.js';
import { age, counted, duration, moment } from './amounts.js';
import { labelled, limited, WIDTH, wrap } from './layout.js';
import { boxLines, isRead, readOfThreads, stateLines } from './screenStates.js';
import { groupVerdicts, verdictLines } from './verdictBlocks.js';
import type { VerdictGroup } from './verdictBlocks.js';

/** Lines of a small terminal, which a report's first words must fit. */
export const SCREEN = 24;

const NEXT_MOST = 4;
const NEXT_LEAST = 2;

/** Lines of other things beyond which the next steps get fewer lines. */
const CROWDED = 10;

/** Lines that a note needs at least to be shown whole. */
const NOTE_ROOM = 10;

/** An empty line, three verdicts in a line each, and how many more there are. */
const REST_LEAST = 5;

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

function headLines(report: Report): string[] {
  const { process, report: header } = report;
  const name = [process.serviceName, report.package.version].filter((part) => part !== null).join(' ');
  const kind = header.trigger.detail === '' ? header.trigger.kind : header.trigger.detail;
  const node = `node ${process.node.replace(/^v/, '')} ${process.platform}-${process.arch}`;
  const extra = header.durationMs - header.stacksMs;
  const evidence = extra >= 1 ? `, evidence in ${duration(extra)}` : '';
  const lines = [
    `==== Guru Meditation ==== ${name} ==== ${process.host} ${process.pid} ${shortId(report)} ====`,
    `${moment(header.requestedAt)}  ${kind}  ${node}  up ${duration(process.uptimeMs)}`,
    `${readOfThreads(report)} read in ${duration(header.stacksMs)}${evidence}. Nothing was stopped.`,
  ];
  if (header.collectedBy === 'sentinel')
    lines.push('Collected by the sentinel, because main did not lead this report.');
  if (!header.complete) lines.push(`This report is not complete${header.notRead.length === 0 ? '' : ': see UNREAD'}.`);
  return lines;
}

/**
 * As many verdicts whole, from the first on, as leave room for all the others in one line each. Where not even that is
 * possible the first keeps its place, and what is left out from the end is counted.
 */
function fitted(report: Report, groups: VerdictGroup[], room: number): Fitted {
  const whole = groups.map((group) => verdictLines(report, group, 'whole'));
  const sizes = whole.map((lines) => lines.length + 1);
  let count = groups.length;
  let size = sizes.reduce((sum, lines) => sum + lines, 0);
  const restSize = (): number => (count === groups.length ? 0 : groups.length - count + 1);
  while (count > 1 && size + restSize() > room) {
    count -= 1;
    size -= sizes[count] ?? 0;
  }
  const paragraphs = whole.slice(0, count);
  const [worst] = groups;
  const isTight = worst !== undefined && size + Math.min(restSize(), REST_LEAST) > room;
  if (isTight) paragraphs[0] = verdictLines(report, worst, 'short');
  const used = isTight ? (paragraphs[0]?.length ?? 0) + 1 : size;
  const rest = briefLines(report, groups.slice(count), room - used - 1);
  return { paragraphs: rest.length > 0 ? [...paragraphs, rest] : paragraphs, isShortened: isTight || rest.length > 0 };
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
  const isWhole = report.threads.every(isRead) && report.threads.length > 0;
  const verdict = isWhole ? 'Nothing looks stuck.' : 'Nothing that could be read looks stuck.';
  const lines = wrap(`${verdict} ${longestWait(report)}; read ${readOfThreads(report)}.`, WIDTH);
  const left = room - lines.length - 1;
  const rest =
    left >= NOTE_ROOM || notes.length === 0
      ? fitted(report, notes, left)
      : { paragraphs: [briefLines(report, notes, left - 1)], isShortened: true };
  return { ...rest, paragraphs: [lines, ...rest.paragraphs] };
}

function longestWait(report: Report): string {
  const { tasks } = report;
  if (tasks.mode === 'off' && tasks.groups.length === 0) return 'Tasks were not tracked';
  const oldest = tasks.groups
    .filter((group) => group.ageMs !== null && group.type === 'await')
    .reduce<TaskGroup | null>(
      (most, group) => ((group.ageMs?.max ?? 0) > (most?.ageMs?.max ?? -1) ? group : most),
      null,
    );
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
