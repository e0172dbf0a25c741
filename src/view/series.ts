/** A series of reports of one process in words: a line for each as it comes, and what they say together. */
import { isStuckInBoth, type ReportDiff } from '../report/diff.js';
import { formatFrame } from '../report/frames.js';
import type { GrowingGroup } from '../report/series.js';
import type { Report } from '../report/types.js';
import { threadsWithoutTasks } from '../report/unreadTasks.js';
import { age, clock, counted, duration, mebibytes } from './amounts.js';
import { cut, escape } from './escape.js';
import { labelled, printLines, WIDTH } from './layout.js';
import { worstInOneLine } from './text.js';

const COUNTS_SHOWN = 8;
const GROUPS_SHOWN = 8;
const LINE_MOST = 200;

/** `03:07:11  STUCK worker 3 ... 41 s  517 pending (+12)  103 MiB (+1)`: one report of a series, without a line break. */
export function renderSeriesLine(report: Report, diff: ReportDiff | null): string {
  const unread = threadsWithoutTasks(report).size > 0 ? ' or more' : '';
  const pending =
    withGrowth(report.tasks.pending, unread === '' ? (diff?.tasks.pending.before ?? null) : null) + unread;
  const rss = report.process.memory.rss;
  const before = diff?.memory.rss.before ?? null;
  const memory =
    rss === null ? [] : [`${withGrowth(toMebibytes(rss), before === null ? null : toMebibytes(before))} MiB`];
  const time = clock(report.report.requestedAt, report.report.requestedAt);
  return escape([time, cut(worstInOneLine(report), LINE_MOST), `${pending} pending`, ...memory].join('  '));
}

/** What a series says in the end: `diff` is that of its first and last report. With a line break at its end. */
export function renderSeries(diff: ReportDiff, grew: readonly GrowingGroup[], reports: number): string {
  const stuck = diff.threads.stuck.flatMap(({ name, forMs, frame }) => {
    const place = frame === null ? '' : `, in ${formatFrame(frame, diff.root)}`;
    return labelled('STUCK', `${name}${forMs === null ? '' : ` for ${duration(forMs)}`}${place}`);
  });
  const still = diff.verdicts.continuing
    .filter(({ severity, code }) => severity !== 'info' && !code.startsWith('thread-'))
    .flatMap(({ text }) => labelled('STILL', text.replace(/\.$/, '')));
  const gone = diff.verdicts.gone.flatMap(({ text }) => labelled('GONE', text.replace(/\.$/, '')));
  const time = diff.betweenMs === null ? '' : ` in ${duration(diff.betweenMs)}`;
  const said = [...stuck, ...still, ...growthLines(grew, diff.root), ...gone];
  const calm = isStuckInBoth(diff) ? [] : ['Nothing is stuck from the first to the last.'];
  const leak = reports > 2 && grew.length === 0 ? ['No group of tasks grew in every report.'] : [];
  const lines = [...diff.notes.flatMap((note) => labelled('NOTE', note)), ...said, ...calm, ...leak];
  return [`${counted(reports, 'report')}${time}:`, ...printLines(lines, false), '='.repeat(WIDTH)]
    .map((line) => `${line}\n`)
    .join('');
}

function growthLines(grew: readonly GrowingGroup[], root: string | null): string[] {
  const shown = grew.slice(0, GROUPS_SHOWN).flatMap(({ type, counts, oldestMs, frame, labels }) => {
    const last = counts.slice(-COUNTS_SHOWN).join(' -> ');
    const words = [
      `${counts.length > COUNTS_SHOWN ? '... ' : ''}${last} x ${type}`,
      ...(oldestMs === null ? [] : [`oldest ${age(oldestMs)}`]),
      ...(frame === null ? [] : [`at ${formatFrame(frame, root)}`]),
      ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ];
    return labelled('GREW', words.join(', '));
  });
  const hidden = grew.length - GROUPS_SHOWN;
  return hidden > 0 ? [...shown, ...labelled('', `and ${counted(hidden, 'more group')} that only grew`)] : shown;
}

function withGrowth(now: number, before: number | null): string {
  if (before === null || now === before) return String(now);
  return `${now} (${now > before ? '+' : ''}${now - before})`;
}

function toMebibytes(bytes: number): number {
  return Number(mebibytes(bytes));
}
