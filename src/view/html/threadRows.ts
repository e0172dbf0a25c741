/** Every thread as a row: its state, how much of a CPU and of its event loop it uses, where it is; unfolded, its stack. */
import { cpuUse } from '../../report/cpuUse.js';
import { culprit } from '../../report/frames.js';
import type { Report, ThreadReport } from '../../report/types.js';
import { counted, duration } from '../amounts.js';
import { isAccused, isRead } from '../screenStates.js';
import { threadName } from '../threadNames.js';
import { notReadFacts, threadFacts } from '../threads.js';
import { element, type PageElement } from './element.js';
import { gauge } from './gauge.js';
import { frameInline, stackBlock } from './stack.js';

/** More threads than this are no process that anybody runs; the JSON in the file has them. */
const ROWS_MOST = 1000;

export function threadsSection(report: Report): PageElement {
  const { threads } = report;
  const shown = threads.slice(0, ROWS_MOST);
  const hidden = threads.length - shown.length;
  return element(
    'section',
    { id: 'threads', 'aria-labelledby': 'threads-title' },
    element(
      'div',
      { class: 'section-head' },
      element('h2', { id: 'threads-title' }, 'Threads'),
      element(
        'output',
        { class: 'quiet', id: 'threads-count', 'aria-live': 'polite' },
        counted(threads.length, 'thread'),
      ),
      element(
        'form',
        { class: 'filters', id: 'threads-filters', role: 'search', 'aria-label': 'Filter threads', hidden: '' },
        element('input', {
          type: 'search',
          id: 'threads-filter',
          placeholder: 'Filter by name, state, function or file',
          'aria-label': 'Filter threads by name, state, function or file',
          autocomplete: 'off',
          spellcheck: 'false',
        }),
      ),
    ),
    element(
      'ul',
      { class: 'rows', id: 'thread-rows' },
      ...shown.map((thread) => element('li', {}, threadRow(report, thread))),
    ),
    element('div', { class: 'pager' }, element('button', { type: 'button', id: 'threads-more', hidden: '' })),
    hidden > 0 ? element('p', { class: 'quiet' }, `(${counted(hidden, 'more thread')} in the JSON below)`) : null,
  );
}

function threadRow(report: Report, thread: ThreadReport): PageElement {
  const { root } = report.process;
  const frame = culprit(thread.stack, root);
  const cpu = thread.kernel === null ? null : cpuUse(thread.kernel).share;
  return element(
    'details',
    { class: `row thread tone-${toneOf(report, thread)}` },
    element(
      'summary',
      {},
      element(
        'span',
        { class: 'who' },
        element('strong', {}, threadName(report, thread.threadId)),
        ...belonging(thread),
      ),
      element('span', { class: 'chip' }, unbrokenTime(stateOf(report, thread))),
      gauge('CPU', cpu),
      gauge('Loop', thread.eventLoop?.utilization ?? null),
      frame === null
        ? element('span', { class: 'where quiet' }, isRead(thread) ? 'no JavaScript on its stack' : 'not read')
        : element('span', { class: 'where' }, frameInline(frame, root)),
    ),
    threadBody(report, thread),
  );
}

function threadBody(report: Report, thread: ThreadReport): PageElement {
  const { root } = report.process;
  const facts = [...notReadFacts(report, thread), ...threadFacts(report, thread, true), ...osThread(thread)];
  return element(
    'div',
    { class: 'body' },
    stackBlock('Stack, most recent call first', thread.stack, root),
    facts.length === 0 ? null : element('ul', { class: 'known' }, ...facts.map((line) => element('li', {}, line))),
    stackBlock('Created at', thread.createdAt, root),
  );
}

function osThread(thread: ThreadReport): string[] {
  return thread.osThreadId === null ? [] : [`OS thread ${thread.osThreadId}`];
}

function belonging(thread: ThreadReport): PageElement[] {
  const pool = thread.pool ?? thread.helper;
  return pool === null ? [] : [element('span', { class: 'quiet' }, ` ${pool}`)];
}

/** `spinning 41 s`, `idle`, `busy, starting`. */
function stateOf(report: Report, thread: ThreadReport): string {
  const isCalm = ['idle', 'busy'].includes(thread.state) && !isAccused(report, thread);
  const time = isCalm || thread.blockedForMs === null ? '' : ` ${duration(thread.blockedForMs)}`;
  const phase = thread.phase === 'running' ? '' : `, ${thread.phase}`;
  return `${thread.state}${time}${phase}`;
}

/** The colour of a state: that of the worst verdict on the thread, else whether its state is an ordinary one. */
function toneOf(report: Report, thread: ThreadReport): string {
  const severities = report.verdicts
    .filter(({ threadId }) => threadId === thread.threadId && isAccused(report, thread))
    .map(({ severity }) => severity);
  if (severities.includes('critical')) return 'critical';
  if (severities.includes('warning')) return 'warning';
  if (thread.state === 'busy') return 'good';
  return thread.state === 'idle' ? 'quiet' : 'warning';
}

/** On a phone there is room for two lines, and none for a unit that stands alone in the second. */
function unbrokenTime(state: string): string {
  return state.replace(/(?<=\d) (?=[a-z]+$)/, '\u00a0');
}
