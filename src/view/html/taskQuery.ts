/** Which groups of tasks a reader asks for, and in which order. */
import { formatFunction } from '../../report/frames.js';
import type { Frame, Report, TaskGroup } from '../../report/types.js';

export type TaskOrder = 'report' | 'count' | 'age' | 'type';

export interface TaskQuery {
  /** Words that a group must all have in its type, its stacks, its labels or what it waits for; in any case of letters. */
  text: string;
  /** Null for all. */
  type: string | null;
  threadId: number | null;
  order: TaskOrder;
}

/** A group with the text that a query is looked for in. */
interface Searchable {
  group: TaskGroup;
  text: string;
}

/** Answers queries on a report's groups; texts are put together once. */
export class TaskSearch {
  readonly #groups: readonly Searchable[];

  constructor(report: Report) {
    this.#groups = report.tasks.groups.map((group) => ({ group, text: searchText(group) }));
  }

  /** The groups that match, in the order asked for; `report` is that of the report, worst first. */
  find({ text, type, threadId, order }: TaskQuery): TaskGroup[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.#groups
      .filter(({ group }) => type === null || group.type === type)
      .filter(({ group }) => threadId === null || group.threadIds.includes(threadId))
      .filter((one) => words.every((word) => one.text.includes(word)))
      .map(({ group }) => group);
    return ordered(found, order);
  }
}

/** The types of the report's groups, those with the most tasks first. */
export function taskTypes(report: Report): string[] {
  const counts = new Map<string, number>();
  for (const { type, count } of report.tasks.groups) counts.set(type, (counts.get(type) ?? 0) + count);
  return [...counts].sort(([, one], [, other]) => other - one).map(([type]) => type);
}

function ordered(groups: TaskGroup[], order: TaskOrder): TaskGroup[] {
  if (order === 'count') return groups.sort((one, other) => other.count - one.count);
  if (order === 'age') return groups.sort((one, other) => (other.ageMs?.max ?? -1) - (one.ageMs?.max ?? -1));
  if (order === 'type')
    return groups.sort((one, other) => (one.type < other.type ? -1 : one.type > other.type ? 1 : 0));
  return groups;
}

function searchText(group: TaskGroup): string {
  const labels = Object.entries(group.labels).map(([key, value]) => `${key}=${value}`);
  const frames = [...group.awaitStack, ...group.createdAt].map(frameText);
  return [group.type, ...frames, ...labels, group.waitsFor?.what ?? '', ...group.parent].join('\n').toLowerCase();
}

function frameText(frame: Frame): string {
  return `${formatFunction(frame)} ${frame.file ?? ''}:${frame.line ?? ''}`;
}
