/** The section Threads: a block a thread, worst first; threads that differ in nothing but their number share one. */
import type { KernelEvidence, Report, ThreadReport } from '../report/types.js';
import { culprit, formatFrame, sameStack, stackKey } from '../report/frames.js';
import { hotLine } from '../report/hotFrames.js';
import { poolTaskText, tasksOfThread } from '../report/poolTasks.js';
import { counted, duration, mebibytes, percent } from './amounts.js';
import type { Block, Section } from './layout.js';
import { WIDTH, wrap } from './layout.js';
import { isAccused, isOfThread, isRead } from './screenStates.js';
import { inWords } from './resourceWords.js';
import { stackLines } from './stackLines.js';
import { chosenName, idRuns, threadName } from './threadNames.js';

const BLOCKS_MOST = 100;
const TYPES_MOST = 6;
const HOT_MOST = 3;
const HEAP_WORTH_SAYING = 0.8;

const KERNEL_STATES = new Map(
  Object.entries({
    R: 'running',
    S: 'sleeping',
    D: 'in uninterruptible sleep',
    T: 'stopped',
    t: 'stopped by a debugger',
    Z: 'dead',
  }),
);

export function threadsSection(report: Report, full: boolean): Section {
  const groups = grouped(report);
  const isCalm = (group: ThreadReport[]): boolean =>
    group.every((thread) => ['idle', 'busy'].includes(thread.state) && !isAccused(report, thread));
  const alarming = groups.filter((group) => !isCalm(group)).length;
  const calmRoom = full ? Infinity : Math.max(0, BLOCKS_MOST - alarming);
  const calmShown = new Set(groups.filter(isCalm).slice(0, calmRoom));
  const shown = groups.filter((group) => !isCalm(group) || calmShown.has(group));
  const blocks = shown.map((group, index) => threadBlock(report, group, shown.slice(0, index), full));
  const hidden = groups.flat().length - shown.flat().length;
  if (hidden > 0)
    blocks.push({ heading: null, lines: [`(${counted(hidden, 'more thread')} hidden, all idle or busy)`] });
  return { title: 'Threads', blocks };
}

/** Threads in their order; those that no verdict names join the first one that is in the same state at the same place. */
function grouped(report: Report): ThreadReport[][] {
  const groups = new Map<string, ThreadReport[]>();
  for (const thread of report.threads) {
    const isAlone = thread.role === 'main' || isAccused(report, thread) || !isRead(thread);
    const { role, helper, phase, state, readBy, instrumented, pool } = thread;
    const key = isAlone
      ? `alone ${thread.threadId} ${groups.size}`
      : stackKey(JSON.stringify([role, helper, phase, state, readBy, instrumented, pool]), thread.stack);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thread]);
    else group.push(thread);
  }
  return [...groups.values()];
}

function threadBlock(report: Report, group: ThreadReport[], before: ThreadReport[][], full: boolean): Block {
  const [first] = group;
  if (first === undefined) return { heading: null, lines: [] };
  const facts = group.length === 1 ? aloneLines(report, first, full) : sharedLines(report, group, full);
  const notRead = notReadFacts(report, first).flatMap((line) => wrap(line, WIDTH));
  const stack = [...bodyLines(report, first, before, full), ...notRead];
  return { heading: headingOf(first, group), lines: facts.length === 0 ? stack : [...stack, '', ...facts] };
}

/** `Thread 3 pdf-render  spinning 41 s  tid 4251`, `Threads 1, 2, 4  pdf-render  busy`. */
function headingOf(first: ThreadReport, group: ThreadReport[]): string {
  const isAlone = group.length === 1;
  const numbers = isAlone ? `Thread ${first.threadId}` : `Threads ${idRuns(group.map((thread) => thread.threadId))}`;
  const name = first.role === 'main' ? 'main' : (first.pool ?? first.helper ?? chosenName(first));
  const isCalm = first.state === 'idle' || first.state === 'busy';
  const time = isAlone && !isCalm && first.blockedForMs !== null ? ` ${duration(first.blockedForMs)}` : '';
  const phase = first.phase === 'running' ? [] : [first.phase];
  const tid = isAlone && first.osThreadId !== null ? [`tid ${first.osThreadId}`] : [];
  const start =
    name === null || (!isAlone && first.pool === null && first.helper === null)
      ? numbers
      : `${numbers}${isAlone ? ' ' : '  '}${name}`;
  return [start, `${first.state}${time}`, ...phase, ...tid].join('  ');
}

function bodyLines(report: Report, thread: ThreadReport, before: ThreadReport[][], full: boolean): string[] {
  const { root } = report.process;
  if (thread.stack.length === 0) return isRead(thread) ? ['(no JavaScript on its stack)'] : [];
  const twin = before.flat().find((other) => thread.stack.length > 1 && sameStack(other.stack, thread.stack));
  if (twin !== undefined && !full)
    return [`(same ${counted(thread.stack.length, 'frame')} as thread ${twin.threadId} above)`];
  return stackLines(thread.stack, root, full);
}

/** What could not be read of the thread, and why. */
export function notReadFacts(report: Report, thread: ThreadReport): string[] {
  const entries = report.report.notRead.filter((entry) => entry.threadId === thread.threadId && isOfThread(entry));
  const lines = entries.map(({ what, why }) => `${what === 'stack' ? '' : `${what}: `}not read, because ${why}`);
  if (lines.length === 0 && !isRead(thread)) lines.push('not read, because it answered on no lane before the deadline');
  return lines;
}

/** What is known of a thread besides its stack, a fact a line: evidence first. */
export function threadFacts(report: Report, thread: ThreadReport, full: boolean): string[] {
  return [...stateFacts(report, thread, full), ...resourceFacts(thread, full)];
}

function aloneLines(report: Report, thread: ThreadReport, full: boolean): string[] {
  const resources = resourceFacts(thread, full).flatMap((line) => wrap(line, WIDTH));
  return [...stateFacts(report, thread, full), ...resources];
}

function stateFacts(report: Report, thread: ThreadReport, full: boolean): string[] {
  const { root } = report.process;
  const hot = thread.hot.slice(0, full ? Infinity : HOT_MOST);
  const hidden = thread.hot.length - hot.length;
  const isOdd = !isRead(thread) || thread.state.startsWith('native') || ['throttled', 'unknown'].includes(thread.state);
  return [
    ...creationLine(thread, root),
    ...thread.evidence,
    ...hot.map((one) => hotLine(one, thread.hotFrom, root)),
    ...(hidden > 0 ? [`(${counted(hidden, 'more hot frame')} hidden)`] : []),
    ...(thread.kernel !== null && (isOdd || full) ? [kernelLine(thread.kernel)] : []),
    ...poolTaskLines(report, thread),
    ...laneLines(thread),
  ];
}

function sharedLines(report: Report, group: ThreadReport[], full: boolean): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { root } = report.process;
  const names = [...new Set(group.map(chosenName).filter((name) => name !== null))];
  const shown = full ? names : names.slice(0, TYPES_MOST);
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const tasks = group.flatMap((thread) => poolTaskLines(report, thread));
  const shownTasks = full ? tasks : tasks.slice(0, TYPES_MOST);
  const isShared = group.every((thread) => sameStack(thread.createdAt, first.createdAt));
  return [
    ...(isShared
      ? creationLine(first, root)
      : [`created at ${counted(new Set(group.map((one) => stackKey('', one.createdAt))).size, 'place')}`]),
    ...(names.length > 0 ? [`named ${shown.join(', ')}${more}`] : []),
    ...shownTasks,
    ...(tasks.length > shownTasks.length
      ? [`(${counted(tasks.length - shownTasks.length, 'more pool task')} hidden)`]
      : []),
    ...laneLines(first),
  ];
}

function creationLine(thread: ThreadReport, root: string | null): string[] {
  const frame = culprit(thread.createdAt, root);
  const parent = thread.parentThreadId === null ? '' : `  in thread ${thread.parentThreadId}`;
  return frame === null ? [] : [`created by ${formatFrame(frame, root)}${parent}`];
}

function poolTaskLines(report: Report, thread: ThreadReport): string[] {
  return tasksOfThread(report, thread.threadId).map((task) => {
    const time = task.runningMs === null ? '' : ` for ${duration(task.runningMs)}`;
    return `${threadName(report, thread.threadId)} runs ${poolTaskText(task)}${time}`;
  });
}

function laneLines(thread: ThreadReport): string[] {
  const time = thread.answerMs === null ? '' : ` in ${duration(thread.answerMs)}`;
  return [
    ...(thread.readBy === 'inspector' || thread.readBy === 'kernel' ? [`read by ${thread.readBy}${time}`] : []),
    ...(thread.instrumented ? [] : ['not instrumented: the preload did not reach it']),
  ];
}

function resourceFacts(thread: ThreadReport, full: boolean): string[] {
  const lines: string[] = [];
  const { heap, eventLoop } = thread;
  if (heap !== null && (full || heap.used >= heap.limit * HEAP_WORTH_SAYING)) {
    lines.push(`heap ${mebibytes(heap.used)} of ${mebibytes(heap.limit)} MiB`);
  }
  if (eventLoop !== null && full) lines.push(`event loop ${percent(eventLoop.utilization)} used`);
  const types = inWords(
    thread.keptAliveBy ?? Object.entries(thread.resources).map(([type, count]) => ({ type, count })),
  );
  const shown = types.slice(0, full ? Infinity : TYPES_MOST);
  const more = types.length > shown.length ? ` and ${counted(types.length - shown.length, 'more type')}` : '';
  if (shown.length > 0) lines.push(`kept alive by ${shown.join(', ')}${more}`);
  return lines;
}

/** `kernel: sleeping (S), 0 CPU ticks in 250 ms, in read of /run/jobs, wait channel pipe_read`. */
function kernelLine(kernel: KernelEvidence): string {
  const { state, cpuTicks, sampleMs, waitChannel, syscall, file } = kernel;
  const parts = [`kernel: ${KERNEL_STATES.get(state) ?? 'state'} (${state})`];
  if (sampleMs > 0) parts.push(`${counted(cpuTicks, 'CPU tick')} in ${duration(sampleMs)}`);
  if (syscall !== null) parts.push(`in ${syscall}${file === null ? '' : ` of ${file}`}`);
  else if (file !== null) parts.push(`at ${file}`);
  if (waitChannel !== null && waitChannel !== '0' && waitChannel !== '') parts.push(`wait channel ${waitChannel}`);
  if (kernel.runDelayMs !== null && kernel.runDelayMs >= 1)
    parts.push(`${duration(kernel.runDelayMs)} ready without a CPU`);
  return parts.join(', ');
}
