/** The difference of two reports as text: what is stuck in both first, then what grew, what is new, older and gone. */
import { isStuckInBoth, type ReportDiff } from '../report/diff.js';
import type { GroupChange, GroupChangeKind } from '../report/diffGroups.js';
import type { PoolChange } from '../report/diffPools.js';
import type { PlaceChange, StuckThread, ThreadEntry } from '../report/diffThreads.js';
import { formatFrame } from '../report/frames.js';
import type { Verdict } from '../report/types.js';
import { age, clock, counted, duration, mebibytes, moment } from './amounts.js';
import { escape, escapeJson } from './escape.js';
import { LABEL_WIDTH, labelled, printLines, WIDTH, wrap } from './layout.js';
import { frameLine, sourceOf } from './stackLines.js';

/** Lines of a kind that are shown unless all are asked for. */
const SHOWN_MOST = 6;
const TEXT_INDENT = 9;

const PLACES: Record<PlaceChange, string> = {
  'same-stack': 'same stack',
  'same-function': 'same function, another line',
  'another-place': 'it moves',
  unknown: 'its place is not known',
};

/** What a kind of group is called, in the order in which they are shown. */
const GROUP_LABELS: readonly [GroupChangeKind, string][] = [
  ['grown', 'GREW'],
  ['older', 'OLDER'],
  ['new', 'NEW'],
  ['shrunk', 'SHRANK'],
  ['gone', 'GONE'],
];

/** The whole text, with a line break at its end; with `full` nothing is left out. */
export function renderDiff(diff: ReportDiff, options: { full?: boolean } = {}): string {
  const full = options.full === true;
  const [head = '', ...rest] = headLines(diff);
  const body = diffLines(diff, full);
  const lines = [
    escape(head),
    ...printLines([...rest, '', ...body], full),
    '='.repeat(WIDTH),
    `-- end diff: ${escape(conclusion(diff))} --`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** The difference as JSON, indented by two, with a line break at its end. */
export function renderDiffJson(diff: ReportDiff): string {
  return `${escapeJson(JSON.stringify(diff, null, 2))}\n`;
}

/** What there is to say between head and end, not yet escaped. */
export function diffLines(diff: ReportDiff, full: boolean): string[] {
  const isCalm = !isStuckInBoth(diff) && diff.subject !== 'same-report';
  const paragraphs = [
    diff.notes.flatMap((note) => labelled('NOTE', note)),
    isCalm ? ['Nothing is stuck in both reports.'] : [],
    ...limitedItems(
      diff.threads.stuck.map((thread) => stuckLines(diff, thread)),
      'stuck thread',
      full,
    ),
    threadLines(diff, diff.threads.newlyStuck, 'HANGS', full),
    diff.subject === 'same-report' ? [] : verdictLines(diff, full),
    groupLines(diff, full),
    diff.pools.flatMap((pool) => labelled('POOL', poolWords(pool))),
    [
      ...threadLines(diff, diff.threads.freed, 'FREED', full),
      ...threadLines(diff, diff.threads.new, 'NEW', full),
      ...threadLines(diff, diff.threads.gone, 'GONE', full),
    ],
    boxLines(diff),
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** The difference in a few words: `STUCK worker 3 renderTable src/pdf/table.ts:118`, or that nothing is. */
export function conclusion(diff: ReportDiff): string {
  const [worst, ...others] = diff.threads.stuck;
  const more = others.length === 0 ? '' : ` and ${counted(others.length, 'more thread')}`;
  if (worst !== undefined) {
    const place = worst.frame === null ? '' : ` ${formatFrame(worst.frame, diff.root).replaceAll(/ {2}/g, ' ')}`;
    return `STUCK ${worst.name}${place}${more}`;
  }
  const still = diff.verdicts.continuing.find(({ code }) => code === 'deadlock' || code === 'pool-stalled');
  if (still !== undefined && isStuckInBoth(diff)) return `STUCK ${still.text}`;
  const grown = diff.tasks.groups.filter(({ kind }) => kind === 'grown').length;
  const grew = grown === 0 ? '' : `, ${counted(grown, 'group')} of tasks grew`;
  return diff.subject === 'same-report' ? 'one report twice' : `nothing is stuck in both${grew}`;
}

function headLines(diff: ReportDiff): string[] {
  const { before, after, betweenMs } = diff;
  const name = [after.serviceName, after.version].filter((part) => part !== null).join(' ');
  const time = betweenMs === null ? '' : `  ${duration(Math.abs(betweenMs))} between`;
  const then = clock(after.requestedAt, before.requestedAt);
  return [
    `==== Guru Meditation ==== ${name} ==== ${after.host} ${after.pid} ==== diff ====`,
    `${moment(before.requestedAt)} -> ${then}${time}`,
    ...wrap(`${before.id} -> ${after.id}`, WIDTH),
  ];
}

function stuckLines(diff: ReportDiff, thread: StuckThread): string[] {
  const time = thread.forMs === null ? '' : ` for ${duration(thread.forMs)}`;
  const again = thread.isSameHang === false ? ', its loop turned in between' : '';
  const was = thread.threadIdBefore === thread.threadId ? '' : `, thread ${thread.threadIdBefore} before`;
  const lines = labelled('STUCK', `${thread.name}, ${thread.state}${time}: ${PLACES[thread.place]}${again}${was}`);
  const { frame, frameBefore } = thread;
  if (frame === null) return lines;
  const source = sourceOf(frame);
  lines.push(`  in     ${frameLine(frame, diff.root)}`);
  if (source !== null) lines.push(`${' '.repeat(TEXT_INDENT)}${frame.line ?? '?'} | ${source}`);
  if (thread.place !== 'same-stack' && frameBefore !== null)
    lines.push(`  was    ${frameLine(frameBefore, diff.root)}`);
  return lines;
}

function threadLines(diff: ReportDiff, entries: readonly ThreadEntry[], label: string, full: boolean): string[] {
  const words = entries.map(({ name, state, frame }) => {
    const place = frame === null ? '' : `, in ${formatFrame(frame, diff.root)}`;
    return labelled(label, `${name}, ${state}${place}`);
  });
  return limitedItems(words, 'thread', full).flat();
}

/** What the lines of threads say already is not said again. */
function verdictLines(diff: ReportDiff, full: boolean): string[] {
  const { stuck, newlyStuck, freed } = diff.threads;
  const { verdicts } = diff;
  const said: [string, Verdict[]][] = [
    ['STILL', verdicts.continuing.filter((verdict) => !isTold(verdict, stuck))],
    ['NEW', verdicts.new.filter((verdict) => !isTold(verdict, [...stuck, ...newlyStuck]))],
    ['GONE', verdicts.gone.filter((verdict) => !isTold(verdict, [...stuck, ...freed]))],
  ];
  const isAlarm = ({ severity }: Verdict): boolean => full || severity !== 'info';
  const lines = said.map(([label, list]) => {
    const items = list.filter(isAlarm).map(({ text }) => labelled(label, text.replace(/\.$/, '')));
    return limitedItems(items, 'verdict', full).flat();
  });
  return lines.flat();
}

function isTold({ code, threadId }: Verdict, threads: readonly { threadId: number }[]): boolean {
  return code.startsWith('thread-') && threads.some((thread) => thread.threadId === threadId);
}

function groupLines(diff: ReportDiff, full: boolean): string[] {
  return GROUP_LABELS.flatMap(([kind, label]) => {
    const groups = diff.tasks.groups.filter((group) => group.kind === kind);
    const items = groups.map((group) => labelled(label, groupWords(group, diff.root)));
    return limitedItems(items, 'group', full).flat();
  });
}

/** `512 -> 530 x await, oldest 41.1 s, at async render  src/pool.ts:71, tenant=17`. */
export function groupWords(group: GroupChange, root: string | null): string {
  const { kind, type, before, after, oldestMs, frame, labels, waitsFor } = group;
  const count = kind === 'new' ? `${after}` : kind === 'gone' ? `${before}` : `${before} -> ${after}`;
  const waited = kind === 'older' ? ', there before' : '';
  return [
    `${kind === 'older' ? after : count} x ${type}${waited}`,
    ...(oldestMs === null ? [] : [`oldest ${age(oldestMs)}`]),
    ...(frame === null ? [] : [`at ${formatFrame(frame, root)}`]),
    ...(waitsFor === null ? [] : [`for ${waitsFor.what}`]),
    ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  ].join(', ');
}

function poolWords({ name, change, busy, queued, oldestQueuedMs }: PoolChange): string {
  if (change !== 'changed') return `${name} is ${change}`;
  const oldest = oldestQueuedMs.after === null ? '' : `, the oldest for ${duration(oldestQueuedMs.after)}`;
  return `${name}: ${queued.before} -> ${queued.after} queued${oldest}, ${busy.before} -> ${busy.after} busy`;
}

function boxLines({ memory, tasks }: ReportDiff): string[] {
  const figures = [
    ['memory', memory.rss],
    ['heap', memory.heapUsed],
  ] as const;
  const sizes = figures.flatMap(([name, { before, after }]) =>
    before === null || after === null ? [] : [`${name} ${mebibytes(before)} -> ${mebibytes(after)} MiB`],
  );
  const { before, after } = tasks.pending;
  const pending = before === null || after === null ? [] : [`${before} -> ${after} tasks pending`];
  const words = [...sizes, ...pending];
  return words.length === 0 ? [] : labelled('BOX', words.join(', '));
}

function limitedItems(items: string[][], noun: string, full: boolean): string[][] {
  if (full || items.length <= SHOWN_MOST) return items;
  const more = `and ${counted(items.length - SHOWN_MOST, `more ${noun}`)}`;
  return [...items.slice(0, SHOWN_MOST), [' '.repeat(LABEL_WIDTH) + more]];
}
