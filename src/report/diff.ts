/** What changed from one report to the next: what is stuck in both, what grew, what is new, gone or older. */
import { groupChanges, type GroupChange } from './diffGroups.js';
import { poolChanges, type PoolChange } from './diffPools.js';
import { noThreadChanges, threadChanges, type ThreadChanges } from './diffThreads.js';
import { verdictChanges, type VerdictChanges } from './diffVerdicts.js';
import { threadsWithoutTasks } from './unreadTasks.js';
import { taskPlaces } from './taskPlaces.js';
import { THRESHOLDS } from './thresholds.js';
import type { Report, Verdict } from './types.js';
import { wholeReport } from './whole.js';

/** Whose the two reports are: one process looked at twice, two processes of a service, two services, one report twice. */
export type DiffSubject = 'same-process' | 'other-process' | 'other-service' | 'same-report';

/** Which report it was. */
export interface DiffSide {
  id: string;
  requestedAt: string;
  serviceName: string;
  version: string | null;
  host: string;
  pid: number;
  uptimeMs: number;
}

/** A figure in both reports; null where a report did not know it. */
export interface Change {
  before: number | null;
  after: number | null;
}

export interface ReportDiff {
  format: 'guru-meditation-diff';
  formatVersion: 1;
  subject: DiffSubject;
  /** From the earlier request to the later one, ms; null where a date of theirs is none. */
  betweenMs: number | null;
  before: DiffSide;
  after: DiffSide;
  /** What a reader must know of the comparison itself, a line each. */
  notes: string[];
  threads: ThreadChanges;
  verdicts: VerdictChanges;
  tasks: { pending: Change; groups: GroupChange[]; unchanged: number };
  pools: PoolChange[];
  /** Bytes. */
  memory: { rss: Change; heapUsed: Change; external: Change };
  /** Where places of the later report are shown relative to; null when not known. */
  root: string | null;
}

/**
 * Compares two reports. Of one process they may come in any order: the older one is `before`. Reports of different
 * processes are compared in the order given, threads by what they do and not by their numbers. Pure; changes neither.
 */
export function diffReports(one: Report, other: Report): ReportDiff {
  const [before, after, isTurned] = inOrder(wholeReport(one), wholeReport(other));
  const subject = subjectOf(before, after);
  const betweenMs = between(before, after);
  const isSame = subject === 'same-process' || subject === 'same-report';
  const changes = groupChanges(before, after, isSame ? betweenMs : null);
  return {
    format: 'guru-meditation-diff',
    formatVersion: 1,
    subject,
    betweenMs,
    before: sideOf(before),
    after: sideOf(after),
    notes: notesOf(before, after, subject, isTurned),
    threads: subject === 'same-report' ? noThreadChanges() : threadChanges(before, after, isSame, betweenMs),
    verdicts: withoutUnread(verdictChanges(before, after, isSame), before, after),
    tasks: {
      pending: { before: pendingOf(before), after: pendingOf(after) },
      groups: changes.filter((change) => change.kind !== 'unchanged'),
      unchanged: changes.filter((change) => change.kind === 'unchanged').length,
    },
    pools: poolChanges(before, after),
    memory: {
      rss: { before: before.process.memory.rss, after: after.process.memory.rss },
      heapUsed: { before: before.process.memory.heapUsed, after: after.process.memory.heapUsed },
      external: { before: before.process.memory.external, after: after.process.memory.external },
    },
    root: after.process.root,
  };
}

/** Whether something is stuck in both reports: what `gmr diff` exits with 1 for. */
export function isStuckInBoth(diff: ReportDiff): boolean {
  if (diff.subject === 'same-report') return false;
  return diff.threads.stuck.length > 0 || diff.verdicts.continuing.some(isStuckBeyondThreads);
}

function isStuckBeyondThreads({ code, severity }: Verdict): boolean {
  return severity !== 'info' && (code === 'deadlock' || code === 'pool-stalled');
}

function inOrder(one: Report, other: Report): [Report, Report, boolean] {
  const ms = between(one, other);
  return ms !== null && ms < 0 && subjectOf(other, one) === 'same-process' ? [other, one, true] : [one, other, false];
}

function subjectOf(before: Report, after: Report): DiffSubject {
  if (before.report.id === after.report.id && between(before, after) === 0) return 'same-report';
  if (before.process.serviceName !== after.process.serviceName) return 'other-service';
  const isSamePlace = before.process.pid === after.process.pid && before.process.host === after.process.host;
  return isSamePlace && isSameStart(before, after) ? 'same-process' : 'other-process';
}

/** A process id is used again, in containers at once; one that has lived as long as the reports are apart is the same. */
function isSameStart(before: Report, after: Report): boolean {
  const betweenMs = between(before, after);
  if (betweenMs === null) return true;
  const drift = after.process.uptimeMs - before.process.uptimeMs - betweenMs;
  return Math.abs(drift) < THRESHOLDS.leakIntervalMs / 2;
}

function between(before: Report, after: Report): number | null {
  const ms = Date.parse(after.report.requestedAt) - Date.parse(before.report.requestedAt);
  return Number.isFinite(ms) ? ms : null;
}

/** Null where not all could be counted. */
function pendingOf(report: Report): number | null {
  return threadsWithoutTasks(report).size > 0 ? null : report.tasks.pending;
}

/** That tasks are not said to pile up any more says nothing where they were not read; nor that they are, for the first time. */
function withoutUnread(changes: VerdictChanges, before: Report, after: Report): VerdictChanges {
  return { ...changes, new: comparable(changes.new, before), gone: comparable(changes.gone, after) };
}

function comparable(verdicts: Verdict[], other: Report): Verdict[] {
  if (threadsWithoutTasks(other).size === 0) return verdicts;
  return verdicts.filter(({ code }) => !code.startsWith('task-'));
}

function sideOf({ report, process, package: { version } }: Report): DiffSide {
  const { serviceName, host, pid, uptimeMs } = process;
  return { id: report.id, requestedAt: report.requestedAt, serviceName, version, host, pid, uptimeMs };
}

function notesOf(before: Report, after: Report, subject: DiffSubject, isTurned: boolean): string[] {
  const notes: string[] = [];
  if (subject === 'same-report') notes.push('Both are the same report: nothing can be said of what moves.');
  if (subject === 'other-service') notes.push(`Two different services: ${nameOf(before)} and ${nameOf(after)}.`);
  if (subject === 'other-process') {
    const isSameId = before.process.pid === after.process.pid && before.process.host === after.process.host;
    const why = isSameId ? ' with the same id, one started after the other' : '';
    notes.push(`Two different processes of a service${why}: ${nameOf(before)} and ${nameOf(after)}.`);
  }
  if (isTurned) notes.push('The later report was given first; they are compared in the order of time.');
  if (before.package.version !== after.package.version)
    notes.push(`Version ${before.package.version ?? 'unknown'} before, ${after.package.version ?? 'unknown'} after.`);
  const placeless = Math.max(taskPlaces(before).placeless, taskPlaces(after).placeless);
  if (placeless > 0)
    notes.push(
      `The places of up to ${placeless} promises were not read: what they can explain is no growth of a place.`,
    );
  const elided = before.tasks.groupsElided + after.tasks.groupsElided;
  if (elided > 0)
    notes.push('Small groups of tasks were left out of a report: what is new or gone may be one of them.');
  const unread = [...new Set([...threadsWithoutTasks(before), ...threadsWithoutTasks(after)])];
  if (unread.length > 0)
    notes.push(`A report could not read the tasks of every thread; not compared are those of: ${threadWords(unread)}.`);
  else if (before.tasks.mode !== after.tasks.mode)
    notes.push(`Tasks were tracked differently: ${before.tasks.mode} before, ${after.tasks.mode} after.`);
  return notes;
}

/** Few by number, many by their count. */
function threadWords(threadIds: readonly number[]): string {
  const shown = threadIds.slice(0, 5).map((threadId) => (threadId === 0 ? 'main' : `thread ${threadId}`));
  const more = threadIds.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function nameOf({ process: { serviceName, pid, host } }: Report): string {
  return `${serviceName} (${pid} on ${host})`;
}
