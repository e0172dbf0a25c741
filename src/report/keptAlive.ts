/** What keeps a thread's loop going, counted by type. */
import type { TaskSnapshot } from '../protocol.js';
import type { ThreadReport } from './types.js';

/** Most first; null where the thread's handles were not watched, or its tasks not read. */
export function keptAliveBy({ tasks }: { tasks: TaskSnapshot | null }): ThreadReport['keptAliveBy'] {
  if (tasks === null || tasks.mode === 'off' || tasks.notRead.some((line) => line.startsWith('handles: '))) return null;
  const counts = new Map<string, number>();
  for (const { type, count, keepsAlive } of tasks.groups)
    if (keepsAlive === true) counts.set(type, (counts.get(type) ?? 0) + count);
  return [...counts].map(([type, count]) => ({ type, count })).sort((one, other) => other.count - one.count);
}
