/** `gmr watch`: a series of reports of a process, what changes in it, and what it says as a whole. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import { diffReports, isStuckInBoth } from '../report/diff.js';
import { growingGroups } from '../report/series.js';
import type { Report } from '../report/types.js';
import { renderDiff } from '../view/diff.js';
import { escape, escapeJson } from '../view/escape.js';
import { render } from '../view/render.js';
import { renderSeries, renderSeriesLine } from '../view/series.js';
import { askForReport } from './ask.js';
import { choosePid } from './choose.js';
import { EXIT, readWords, type Command } from './command.js';
import { writeAll } from './output.js';
import { printNotice, printText } from './printText.js';
import { readStat } from './procfs.js';
import { fitted } from './screen.js';
import { readCount, readTime } from './values.js';

const EVERY = '3s';

/** Reports are large: of a long series the first and these many of the last are kept. */
const KEPT_MOST = 20;

/** A process that answers late now and then is watched on; one that never answers is not. */
const FAILURES_MOST = 3;

const ENDS_WITHIN_MS = 500;
const POLL_MS = 20;

const CLEAR_SCREEN = '\u001b[2J\u001b[H';

export const watch: Command = {
  takes: '[PID]',
  summary: 'Take a series of reports of a process, and tell what changes',
  options: {
    every: {
      type: 'string',
      value: 'TIME',
      help: `from one report to the next, such as 500ms, 3s (default ${EVERY}), 1m`,
    },
    count: { type: 'string', value: 'N', help: 'end after so many reports; without it Ctrl-C ends' },
    json: {
      type: 'boolean',
      help: 'nothing but the difference of the first and the last report, and what grew, as JSON',
    },
  },
  notes: [
    'In a terminal the difference to the first report, redrawn; else a line a report. In the end what is stuck, grew',
    'in every report, or has gone. Exit code: 0, 1 when something is stuck from the first report to the last, or when the',
    'process ended while it was watched or gives no report, 2 for a wrong call.',
  ],
  run: runWatch,
};

interface Watch {
  pid: number;
  everyMs: number;
  count: number;
  isLive: boolean;
  isJson: boolean;
  stop: AbortSignal;
}

interface Series {
  taken: number;
  reports: Report[];
  hasEnded: boolean;
}

async function runWatch(words: string[]): Promise<number> {
  const { values, positionals } = readWords('watch', watch, words);
  const everyMs = readTime('watch: --every', String(values['every'] ?? EVERY));
  const count = values['count'] === undefined ? Infinity : readCount('watch: --count', String(values['count']));
  const pid = choosePid('watch', positionals);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const isJson = values['json'] === true;
  const series = await takeSeries({
    pid,
    everyMs,
    count,
    isLive: process.stdout.isTTY && !isJson,
    isJson,
    stop: stop.signal,
  });
  return conclude(series, isJson);
}

async function takeSeries(watched: Watch): Promise<Series> {
  const series: Series = { taken: 0, reports: [], hasEnded: false };
  const { startTime } = readStat(watched.pid) ?? { startTime: null };
  let failures = 0;
  while (series.taken < watched.count && !watched.stop.aborted) {
    const next = performance.now() + watched.everyMs;
    const taken = await take(watched, series);
    if (taken instanceof Error) {
      failures += 1;
      series.hasEnded = series.taken > 0 && (await isGoneSoon(watched.pid, startTime));
      if (series.hasEnded) printNotice(`gmr: process ${watched.pid} ended while it was watched`);
      if (series.hasEnded) break;
      if (series.taken === 0 || failures >= FAILURES_MOST) throw taken;
      printNotice(`gmr: no report this time: ${escape(taken.message)}`);
    } else if (taken === null || !show(watched, series, taken)) break;
    else failures = 0;
    if (series.taken < watched.count) await pause(next - performance.now(), watched.stop);
  }
  return series;
}

/** A process that is about to end answers nothing for a moment, and is still there. */
async function isGoneSoon(pid: number, startTime: string | null): Promise<boolean> {
  const end = performance.now() + ENDS_WITHIN_MS;
  while (!isGone(pid, startTime) && performance.now() < end) await delay(POLL_MS);
  return isGone(pid, startTime);
}

/** A zombie has ended as well, and another process may have its number. */
function isGone(pid: number, startTime: string | null): boolean {
  const stat = readStat(pid);
  return stat === null || stat.startTime !== startTime || stat.state === 'Z' || stat.state === 'X';
}

/** The report, which then is part of the series; what went wrong; null when the user has enough. */
async function take(watched: Watch, series: Series): Promise<Report | Error | null> {
  try {
    // Not aborted by Ctrl-C: a process that was signalled already would print the report that nobody takes.
    const report = await askForReport(watched.pid);
    series.taken += 1;
    series.reports.push(report);
    if (series.reports.length > KEPT_MOST) series.reports.splice(1, 1);
    return report;
  } catch (error) {
    if (watched.stop.aborted) return null;
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** False when nobody reads any more. */
function show({ isLive, isJson, everyMs, pid }: Watch, series: Series, report: Report): boolean {
  const [first] = series.reports;
  const previous = series.reports.at(-2);
  if (isJson || first === undefined) return true;
  if (!isLive)
    return printText(renderSeriesLine(report, previous === undefined ? null : diffReports(previous, report)));
  const text = previous === undefined ? render(report, 'text') : renderDiff(diffReports(first, report));
  const foot = `report ${series.taken} of process ${pid}, every ${everyMs / 1000} s; Ctrl-C ends`;
  return writeAll(CLEAR_SCREEN) && printText(fitted(text.trimEnd().split('\n'), foot, process.stdout).join('\n'));
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(0, ms), undefined, { signal: stop });
  } catch {
    // The user has enough: what was seen is told.
  }
}

function conclude({ reports, taken, hasEnded }: Series, isJson: boolean): number {
  const [first] = reports;
  const last = reports.at(-1);
  if (first === undefined || last === undefined) return EXIT.failed;
  const difference = diffReports(first, last);
  const grew = growingGroups(reports);
  if (isJson) {
    const all = {
      format: 'guru-meditation-series',
      formatVersion: 1,
      reports: taken,
      hasEnded,
      grew,
      diff: difference,
    };
    writeAll(`${escapeJson(JSON.stringify(all, null, 2))}\n`);
  } else if (taken > 1) printText(`${process.stdout.isTTY ? '' : '\n'}${renderSeries(difference, grew, taken)}`);
  return hasEnded || isStuckInBoth(difference) ? EXIT.failed : EXIT.done;
}
