/** The lower half of the first screen: which threads are fine, what could not be read, and the machine around it. */
import type { NotRead, Report, ThreadReport } from '../report/types.js';
import { counted, duration, mebibytes, percent } from './amounts.js';
import { LABEL_WIDTH, labelled, limited } from './layout.js';
import { threadNames } from './threadNames.js';

const NOT_READ_MOST = 2;
const LINES_MOST = 2;

interface StateGroup {
  text: string;
  count: number;
}

/** `5 of 5 threads`: how many of the threads gave a stack or at least an answer. */
export function readOfThreads(report: Report): string {
  if (report.threads.length === 0) return 'no thread';
  const read = report.threads.filter(isRead).length;
  return `${read} of ${counted(report.threads.length, 'thread')}`;
}

/** Whether the thread itself answered; the kernel's evidence alone is not the thread's. */
export function isRead(thread: ThreadReport): boolean {
  return thread.readBy === 'port' || thread.readBy === 'inspector';
}

/** Whether a verdict is about the thread itself; what piles up in it is no fault of the thread. */
export function isAccused(report: Report, thread: ThreadReport): boolean {
  return report.verdicts.some(
    ({ code, severity, threadId }) =>
      threadId === thread.threadId && severity !== 'info' && !['task-pileup', 'task-leak'].includes(code),
  );
}

/** Whether it is a thread that could not be read, not what the application would have told on that thread. */
export function isOfThread({ threadId, what }: NotRead): boolean {
  return threadId !== null && !/^(configuration|section )/i.test(what);
}

/** FINE, OTHER and UNREAD: every thread that no verdict names is in one of them. */
export function stateLines(report: Report): string[] {
  const { fine, others } = unaccused(report);
  return [...listed('FINE', fine), ...listed('OTHER', others), ...notReadLines(report)];
}

/** The same threads in words, `workers 1-4 (idle)`, without a bound on their number. */
export function statesInWords(report: Report): { fine: string[]; others: string[] } {
  const { fine, others } = unaccused(report);
  return { fine: fine.map(({ text }) => text), others: others.map(({ text }) => text) };
}

function unaccused(report: Report): { fine: StateGroup[]; others: StateGroup[] } {
  const free = report.threads.filter((thread) => isRead(thread) && !isAccused(report, thread));
  const fine = free.filter((thread) => isFine(report, thread));
  const others = free.filter((thread) => !isFine(report, thread));
  return { fine: byState(report, fine), others: byState(report, others) };
}

function isFine(report: Report, thread: ThreadReport): boolean {
  return (thread.state === 'idle' || thread.state === 'busy') && !hasCrashed(report, thread);
}

function hasCrashed(report: Report, thread: ThreadReport): boolean {
  return report.report.trigger.kind === 'crash' && thread.role === 'main';
}

/** As many groups as two lines hold, and how many threads are in the others. */
function listed(label: string, groups: StateGroup[]): string[] {
  if (groups.length === 0) return [];
  for (let shown = groups.length; shown > 0; shown -= 1) {
    const hidden = groups.slice(shown).reduce((sum, group) => sum + group.count, 0);
    const texts = groups.slice(0, shown).map((group) => group.text);
    const more = hidden === 0 ? '' : ` and ${counted(hidden, 'thread')} more`;
    const lines = labelled(label, texts.join(', ') + more);
    if (lines.length <= LINES_MOST) return lines;
    if (shown === 1 && hidden === 0) return limited(lines, LINES_MOST);
    if (shown === 1) return [...limited(labelled(label, texts[0] ?? ''), LINES_MOST - 1), ...labelled('', more.trim())];
  }
  return [];
}

/** `main (turned its loop 2 ms ago)`, `workers 1-4 (idle)`. */
function byState(report: Report, threads: ThreadReport[]): StateGroup[] {
  const groups = new Map<string, number[]>();
  for (const thread of threads) {
    const state = stateInWords(report, thread);
    const ids = groups.get(state);
    if (ids === undefined) groups.set(state, [thread.threadId]);
    else ids.push(thread.threadId);
  }
  return [...groups]
    .sort(([, one], [, other]) => Math.min(...one) - Math.min(...other))
    .map(([state, ids]) => ({ text: `${threadNames(report, ids)} (${state})`, count: ids.length }));
}

/** Of main, whose loop everything depends on, also when that last turned. */
function stateInWords(report: Report, thread: ThreadReport): string {
  if (hasCrashed(report, thread)) return 'ends by an uncaught exception, see section Crash';
  const phase = thread.phase === 'running' ? '' : `, ${thread.phase}`;
  const turnedAgoMs = thread.turnedAgoMs ?? null;
  if (thread.role !== 'main' || turnedAgoMs === null || !isFine(report, thread)) return `${thread.state}${phase}`;
  const turned = `turned its loop ${duration(Math.ceil(turnedAgoMs))} ago`;
  return `${thread.state === 'idle' ? '' : `${thread.state}, `}${turned}${phase}`;
}

function notReadLines(report: Report): string[] {
  const entries = notReadInWords(
    report,
    report.report.notRead.filter((entry) => !isToldByVerdict(report, entry)),
  );
  const lines: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const next = labelled(index === 0 ? 'UNREAD' : '', entry);
    const rest = entries.length - index;
    const isLast = rest === 1;
    if (lines.length + next.length + (isLast ? 0 : 1) > NOT_READ_MOST && lines.length > 0) {
      return [...lines, `${' '.repeat(LABEL_WIDTH)}and ${rest} more, in the sections below`];
    }
    lines.push(...limited(next, isLast ? NOT_READ_MOST - lines.length : NOT_READ_MOST - 1));
  }
  return lines;
}

/** A thread that is stuck in a native call has no stack to show, and its verdict says what it does there. */
function isToldByVerdict(report: Report, { threadId, what }: NotRead): boolean {
  return what === 'stack' && report.threads.some((thread) => thread.threadId === threadId && isAccused(report, thread));
}

/** `stack of workers 5-7, because ...`: equal reasons together. */
export function notReadInWords(report: Report, notRead: readonly NotRead[]): string[] {
  const groups = new Map<string, { what: string; why: string; ids: number[] }>();
  for (const entry of notRead) {
    const { threadId, what, why } = entry;
    const key = JSON.stringify([what, why, isOfThread(entry)]);
    const group = groups.get(key) ?? { what, why, ids: [] };
    if (threadId !== null && isOfThread(entry)) group.ids.push(threadId);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ what, why, ids }) => {
    const whose = ids.length === 0 ? '' : ` of ${threadNames(report, ids)}`;
    return `${what}${whose}, because ${why}`;
  });
}

/** BOX: what the process may use of its machine and how much of it is gone. */
export function boxLines(report: Report): string[] {
  const facts = boxFacts(report);
  return facts.length === 0 ? [] : limited(labelled('BOX', facts.join(', ')), LINES_MOST);
}

/** The same, one fact each: `cpu 12% throttled`, `memory 480 of 1024 MiB`. */
export function boxFacts(report: Report): string[] {
  const { container, memory, nativeThreads } = report.process;
  const parts: string[] = [];
  const {
    throttledShare = null,
    cpuQuota = null,
    memoryCurrent = null,
    memoryMax = null,
    oomKills = null,
  } = container ?? {};
  if (throttledShare !== null && throttledShare > 0) parts.push(`cpu ${percent(throttledShare)} throttled`);
  else if (cpuQuota !== null) parts.push(`cpu quota ${cpuQuota}, not throttled`);
  if (memoryCurrent !== null && memoryMax !== null)
    parts.push(`memory ${mebibytes(memoryCurrent)} of ${mebibytes(memoryMax)} MiB`);
  else if (memory.rss !== null) parts.push(`memory ${mebibytes(memory.rss)} MiB`);
  if (oomKills !== null && oomKills > 0) parts.push(`${counted(oomKills, 'process', 'processes')} killed for memory`);
  const busy = nativeThreads?.libuvPoolBusy ?? null;
  if (nativeThreads !== null && busy !== null) parts.push(`libuv pool ${busy} of ${nativeThreads.libuvPoolSize}`);
  return parts;
}
