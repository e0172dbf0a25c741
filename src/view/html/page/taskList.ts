/** The list of task groups: filtered, ordered, and a page of it at a time, so that it is as quick with many as with few. */
import type { Report, TaskGroup } from '../../../report/types.js';
import { counted } from '../../amounts.js';
import { threadName } from '../../threadNames.js';
import { element } from '../element.js';
import { TaskSearch, taskTypes, type TaskOrder } from '../taskQuery.js';
import { taskRow } from '../taskRows.js';
import { nodeOf, part } from './nodes.js';

const ROWS_A_PAGE = 50;

interface Parts {
  form: HTMLFormElement;
  filter: HTMLInputElement;
  type: HTMLSelectElement;
  thread: HTMLSelectElement;
  order: HTMLSelectElement;
  rows: HTMLUListElement;
  count: HTMLOutputElement;
  pager: HTMLDivElement;
  previous: HTMLButtonElement;
  next: HTMLButtonElement;
  page: HTMLSpanElement;
}

export class TaskList {
  readonly #report: Report;
  readonly #parts: Parts;
  readonly #search: TaskSearch;
  #found: TaskGroup[] = [];
  #first = 0;

  /** Takes the page's list over; null where the page has none. */
  static begin(report: Report): TaskList | null {
    const parts = findParts();
    if (parts === null) return null;
    const list = new TaskList(report, parts);
    list.#listen();
    return list;
  }

  private constructor(report: Report, parts: Parts) {
    this.#report = report;
    this.#parts = parts;
    this.#search = new TaskSearch(report);
  }

  /** Shows the groups with all these words, and brings them into sight. */
  search(text: string): void {
    const { filter, form } = this.#parts;
    filter.value = text;
    this.#find();
    filter.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'start' });
  }

  #listen(): void {
    const { form, filter, type, thread, order, previous, next } = this.#parts;
    addOptions(
      type,
      taskTypes(this.#report).map((name) => [name, name]),
    );
    const threadIds = [...new Set(this.#report.tasks.groups.flatMap((group) => group.threadIds))].sort((a, b) => a - b);
    addOptions(
      thread,
      threadIds.map((id) => [String(id), threadName(this.#report, id)]),
    );
    form.hidden = false;
    form.addEventListener('submit', (event) => event.preventDefault());
    filter.addEventListener('input', () => this.#find());
    for (const choice of [type, thread, order]) choice.addEventListener('change', () => this.#find());
    previous.addEventListener('click', () => this.#turn(-ROWS_A_PAGE));
    next.addEventListener('click', () => this.#turn(ROWS_A_PAGE));
    this.#find();
  }

  #find(): void {
    const { filter, type, thread, order } = this.#parts;
    this.#found = this.#search.find({
      text: filter.value,
      type: type.value === '' ? null : type.value,
      threadId: thread.value === '' ? null : Number(thread.value),
      order: order.value as TaskOrder,
    });
    this.#first = 0;
    this.#show();
  }

  #turn(by: number): void {
    this.#first = Math.max(0, this.#first + by);
    this.#show();
    this.#parts.count.scrollIntoView({ block: 'start' });
  }

  #show(): void {
    const { rows, count, pager, previous, next, page } = this.#parts;
    const { groups } = this.#report.tasks;
    const root = this.#report.process.root;
    const end = Math.min(this.#first + ROWS_A_PAGE, this.#found.length);
    rows.replaceChildren(...this.#found.slice(this.#first, end).map((group) => nodeOf(taskRow(group, root))));
    const tasks = this.#found.reduce((sum, group) => sum + group.count, 0);
    const all = this.#found.length === groups.length ? '' : ` of ${groups.length}`;
    count.textContent = `${this.#found.length}${all} ${groups.length === 1 ? 'group' : 'groups'}, ${counted(tasks, 'task')}`;
    pager.hidden = this.#found.length <= ROWS_A_PAGE;
    previous.disabled = this.#first === 0;
    next.disabled = end >= this.#found.length;
    page.textContent = `${this.#first + 1} to ${end}`;
  }
}

function addOptions(select: HTMLSelectElement, options: [value: string, text: string][]): void {
  if (options.length < 2) select.hidden = true;
  select.append(...options.map(([value, text]) => optionOf(value, text)));
}

/** The value is the name as it is in the report; what is shown of it passes the gate that every text passes. */
function optionOf(value: string, text: string): HTMLElement {
  const option = nodeOf(element('option', {}, text));
  if (option instanceof HTMLOptionElement) option.value = value;
  return option;
}

function findParts(): Parts | null {
  const parts = {
    form: part('tasks-filters', HTMLFormElement),
    filter: part('tasks-filter', HTMLInputElement),
    type: part('tasks-type', HTMLSelectElement),
    thread: part('tasks-thread', HTMLSelectElement),
    order: part('tasks-order', HTMLSelectElement),
    rows: part('task-rows', HTMLUListElement),
    count: part('tasks-count', HTMLOutputElement),
    pager: part('tasks-pager', HTMLDivElement),
    previous: part('tasks-previous', HTMLButtonElement),
    next: part('tasks-next', HTMLButtonElement),
    page: part('tasks-page', HTMLSpanElement),
  };
  return Object.values(parts).includes(null) ? null : (parts as Parts);
}
