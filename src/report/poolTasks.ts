/** The tasks of worker pools: which of them a thread has, and what they are called in a sentence. */
import type { PoolTask, Report } from './types.js';

const LABELS_SHOWN = 3;

/** What a thread's pool has it run, longest running first; a worker may be given several tasks at once. */
export function tasksOfThread({ pools }: Pick<Report, 'pools'>, threadId: number): PoolTask[] {
  const tasks = pools.flatMap((pool) => pool.running).filter((task) => task.threadId === threadId);
  return tasks.sort((one, other) => (other.runningMs ?? 0) - (one.runningMs ?? 0));
}

/**
 * `renderPdf (tenant=17)`: the task's name with the labels of the scope that submitted it. A task without a name runs its
 * file's default export, whose file says more: `default of render.js`.
 */
export function poolTaskText({ task, file, labels }: Pick<PoolTask, 'task' | 'file' | 'labels'>): string {
  const name = task === 'default' && file !== null ? `default of ${file.slice(file.search(/[^\\/]*$/))}` : task;
  const told = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (told.length === 0) return name;
  const more = told.length > LABELS_SHOWN ? `, ${told.length - LABELS_SHOWN} more` : '';
  return `${name} (${told.slice(0, LABELS_SHOWN).join(', ')}${more})`;
}
