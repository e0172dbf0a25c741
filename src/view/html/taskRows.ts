/** A group of pending tasks as a row: how many, since when, where; unfolded, its stacks and what else is known. */
import { culprit } from '../../report/frames.js';
import type { TaskGroup } from '../../report/types.js';
import { age, ages } from '../amounts.js';
import { groupFacts } from '../greenThreads.js';
import { idRuns } from '../threadNames.js';
import { element, type PageElement } from './element.js';
import { frameInline, stackBlock } from './stack.js';

/** The row, folded. `root` is what paths are shown relative to. */
export function taskRow(group: TaskGroup, root: string | null): PageElement {
  return element(
    'li',
    {},
    element(
      'details',
      { class: 'row task' },
      element(
        'summary',
        {},
        element('span', { class: 'count' }, String(group.count), ' ', times()),
        element('strong', { class: 'type' }, group.type),
        element('span', { class: 'age' }, group.ageMs === null ? '–' : age(group.ageMs.max)),
        element('span', { class: 'where' }, ...placeOf(group, root)),
      ),
      taskBody(group, root),
    ),
  );
}

function times(): PageElement {
  return element('span', { class: 'quiet' }, '×');
}

function placeOf(group: TaskGroup, root: string | null): (PageElement | string)[] {
  const frame = culprit(group.awaitStack, root) ?? culprit(group.createdAt, root);
  const waits = group.waitsFor === null ? [] : [element('span', { class: 'waits' }, group.waitsFor.what)];
  if (frame === null) return waits.length > 0 ? waits : [element('span', { class: 'quiet' }, 'its place is not known')];
  return [frameInline(frame, root), ...(waits.length > 0 ? [' ', ...waits] : [])];
}

function taskBody(group: TaskGroup, root: string | null): PageElement {
  const threads = `${group.threadIds.length === 1 ? 'thread' : 'threads'} ${idRuns(group.threadIds)}`;
  const facts = [
    ...(group.ageMs === null ? [] : [`pending for ${ages(group.ageMs, group.count)}`]),
    ...(group.threadIds.length === 0 ? [] : [`in ${threads}`]),
    ...groupFacts(group, true),
  ];
  return element(
    'div',
    { class: 'body' },
    stackBlock('Waits at, innermost await first', group.awaitStack, root),
    stackBlock('Created at', group.createdAt, root),
    element('ul', { class: 'known' }, ...facts.map((line) => element('li', {}, line))),
  );
}
