/** What fits on one screen: what is stuck, what waits, what is fine, and what to do next. */
import type { Report, TaskGroup } from '../report/types.js';
import { culprit, formatFrame } from '../report/frames.js';
import { age, counted, duration, moment } from './amounts.js';
import { labelled, limited, WIDTH, wrap } from './layout.js';
import { boxLines, isRead, readOfThreads, stateLines } from './screenStates.js';
import { groupVerdicts, verdictLines } from './verdictBlocks.js';
import type { BlockLength, VerdictGroup } from './verdictBlocks.js';

/** Lines of a small terminal, which a report's first words must fit. */
export const SCREEN = 24;

const NEXT_MOST = 4;

/** A line and the empty one before it. */
const PARAGRAPH_LEAST = 2;

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
  const steps = nextSteps(report, full);
  const foot = [...stateLines(report), ...boxLines(report)];
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
  if (!header.complete) lines.push('This report is not complete: see UNREAD.');
  return lines;
}

/** The verdicts as whole as the room lets: the last ones are shortened first, then counted; the first stays longest. */
function fitted(report: Report, groups: VerdictGroup[], room: number): Fitted {
  const whole = groups.map((group) => verdictLines(report, group, 'whole'));
  const paragraphs = [...whole];
  let size = paragraphs.reduce((sum, lines) => sum + lines.length + 1, 0);
  for (const length of ['short', 'brief'] as const) {
    for (let index = groups.length - 1; index >= 0 && size > room; index -= 1) {
      const shorter = shortened(report, groups, index, length);
      size += shorter.length - (paragraphs[index]?.length ?? 0);
      paragraphs[index] = shorter;
    }
  }
  let hidden = 0;
  while (paragraphs.length > 1 && size + (hidden > 0 ? PARAGRAPH_LEAST : 0) > room) {
    size -= (paragraphs.pop()?.length ?? 0) + 1;
    hidden += groups[paragraphs.length]?.count ?? 0;
  }
  const isShortened = hidden > 0 || paragraphs.some((lines, index) => lines.length < (whole[index]?.length ?? 0));
  if (hidden > 0) paragraphs.push(labelled('MORE', `${counted(hidden, 'verdict')} in the section Verdicts below`));
  return { paragraphs, isShortened };
}

function shortened(report: Report, groups: VerdictGroup[], index: number, length: BlockLength): string[] {
  const group = groups[index];
  return group === undefined ? [] : verdictLines(report, group, length);
}

/** No alarm is said as plainly as an alarm, and never of what could not be read. */
function calm(report: Report, notes: VerdictGroup[], room: number): { paragraphs: string[][]; isShortened: boolean } {
  const isWhole = report.threads.every(isRead) && report.threads.length > 0;
  const verdict = isWhole ? 'Nothing looks stuck.' : 'Nothing that could be read looks stuck.';
  const lines = wrap(`${verdict} ${longestWait(report)}; read ${readOfThreads(report)}.`, WIDTH);
  const rest = fitted(report, notes, room - lines.length - 1);
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
function nextSteps(report: Report, full: boolean): { lines: string[]; isShortened: boolean } {
  const steps = [...new Set(report.verdicts.flatMap((verdict) => verdict.next))];
  const lines: string[] = [];
  for (const [index, step] of steps.entries()) {
    const next = labelled(index === 0 ? 'NEXT' : '', step);
    const rest = steps.length - index;
    if (!full && lines.length > 0 && lines.length + next.length + (rest === 1 ? 0 : 1) > NEXT_MOST) {
      lines.push(...labelled('', `${rest} more in the section Verdicts below`));
      return { lines, isShortened: true };
    }
    lines.push(...next);
  }
  return full || lines.length <= NEXT_MOST
    ? { lines, isShortened: false }
    : { lines: limited(lines, NEXT_MOST), isShortened: true };
}
