/** The section Green Threads: the tree of awaits, and all groups to filter. The browser fills in what needs its hands. */
import type { Report } from '../../report/types.js';
import { counted } from '../amounts.js';
import { taskFacts } from '../greenThreads.js';
import { chartFrame } from './chartFrame.js';
import { element, type PageElement } from './element.js';
import { taskRow } from './taskRows.js';

/** Groups that stand in the file as HTML, for readers without scripts; the script draws the list anew. */
const PLAIN_MOST = 20;

export function tasksSection(report: Report): PageElement | null {
  const { groups } = report.tasks;
  const facts = taskFacts(report.tasks);
  if (groups.length === 0 && facts.length === 0) return null;
  return element(
    'section',
    { id: 'tasks', 'aria-labelledby': 'tasks-title' },
    element('div', { class: 'section-head' }, element('h2', { id: 'tasks-title' }, 'Green threads')),
    ...facts.map((line) => element('p', { class: 'quiet' }, line)),
    groups.some(({ awaitStack }) => awaitStack.length > 0) ? awaitsChart() : null,
    ...(groups.length === 0 ? [] : list(report)),
  );
}

function awaitsChart(): PageElement {
  return chartFrame(
    'awaits',
    'h3',
    'Where they wait',
    'Await stacks merged, outermost call on top, each call as wide as the number of its tasks. Select one to come closer.',
  );
}

function list(report: Report): PageElement[] {
  const { groups } = report.tasks;
  const shown = groups.slice(0, PLAIN_MOST);
  const more = groups.length - shown.length;
  const columns = ['Tasks', 'Type', 'Oldest', 'Place'].map((name) => element('span', {}, name));
  const rows = element(
    'ul',
    { class: 'rows', id: 'task-rows' },
    ...shown.map((group) => taskRow(group, report.process.root)),
  );
  const rest = `${counted(more, 'more group')} need scripts to be shown here; the JSON at the end has all of them.`;
  return [
    taskFilters(),
    element('output', { class: 'quiet', id: 'tasks-count', 'aria-live': 'polite' }, counted(groups.length, 'group')),
    element('div', { class: 'columns', 'aria-hidden': 'true' }, ...columns),
    rows,
    ...(more > 0 ? [element('p', { class: 'quiet unscripted' }, rest)] : []),
    pager(),
  ];
}

function taskFilters(): PageElement {
  return element(
    'form',
    { class: 'filters', id: 'tasks-filters', role: 'search', 'aria-label': 'Filter tasks', hidden: '' },
    element('input', {
      type: 'search',
      id: 'tasks-filter',
      placeholder: 'Filter by function, file, label or what it waits for',
      'aria-label': 'Filter tasks by function, file, label or what it waits for',
      autocomplete: 'off',
      spellcheck: 'false',
    }),
    select('tasks-type', 'Type', [['', 'all types']]),
    select('tasks-thread', 'Thread', [['', 'all threads']]),
    select('tasks-order', 'Order', [
      ['report', 'worst first'],
      ['count', 'most first'],
      ['age', 'oldest first'],
      ['type', 'by type'],
    ]),
  );
}

function select(id: string, name: string, options: [value: string, text: string][]): PageElement {
  const items = options.map(([value, text]) => element('option', { value }, text));
  return element('select', { id, 'aria-label': name }, ...items);
}

function pager(): PageElement {
  return element(
    'div',
    { class: 'pager', id: 'tasks-pager', hidden: '' },
    element('button', { type: 'button', id: 'tasks-previous' }, 'Previous'),
    element('span', { class: 'quiet', id: 'tasks-page' }),
    element('button', { type: 'button', id: 'tasks-next' }, 'Next'),
  );
}
