/** What keeps a process alive that was told to stop: its ref'd handles, as the report found them. */
import type { Frame, Json, Report, SectionReport, TaskGroup } from '../report/types.js';

const TITLE = 'Kept Alive By';
const GROUPS_MOST = 20;

type Facts = Pick<Report, 'threads' | 'tasks'>;

/**
 * The section: one entry a group of ref'd tasks of main, most first, then the workers that still run. A thread that does not
 * turn its loop says so, since then no handle is needed to keep it. Where tasks are not tracked, the runtime's own list
 * of active resources stands in.
 */
export function keptAlive({ threads, tasks }: Facts): SectionReport {
  const main = threads.find((thread) => thread.threadId === 0);
  const groups = tasks.groups
    .filter((group) => group.keepsAlive === true && group.threadIds.includes(0))
    .sort((one, other) => other.count - one.count);
  const workers = threads.filter((thread) => thread.role === 'worker');
  const data: { [key: string]: Json } = {};
  if (main !== undefined && main.state !== 'idle' && main.state !== 'busy')
    data['main'] = `does not stop: ${main.state}`;
  if (groups.length > 0) data['handles'] = groups.slice(0, GROUPS_MOST).map(describe);
  if (groups.length > GROUPS_MOST) data['more handles'] = `${groups.length - GROUPS_MOST} more groups`;
  if (groups.length === 0 && main !== undefined) data['resources'] = main.resources;
  if (workers.length > 0) data['workers'] = workers.map(({ threadId, name, state }) => `${threadId} ${name}: ${state}`);
  return { title: TITLE, data, error: null };
}

function describe({ count, type, createdAt, waitsFor }: TaskGroup): string {
  const place = createdAt.find((frame) => frame.package === null && frame.file?.startsWith('node:') !== true);
  const from = place === undefined ? '' : `, created by ${placeOf(place)}`;
  return `${count} x ${type}${waitsFor === null ? '' : ` (${waitsFor.what})`}${from}`;
}

function placeOf(frame: Frame): string {
  return `${frame.function || '(top level)'} ${frame.file ?? ''}${frame.line === null ? '' : `:${frame.line}`}`;
}
