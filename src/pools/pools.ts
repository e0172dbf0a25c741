/** What worker pools are doing, from their tasks' async resources alone: no line of code in the application. */
import type { Answer } from '../coordinator/collected.js';
import type { RawFrame, RawPoolTask } from '../protocol.js';
import { stackKey } from '../report/frames.js';
import type { Frame, PoolReport } from '../report/types.js';

interface Pool {
  kind: string;
  file: string | null;
  tasks: RawPoolTask[];
}

const QUEUED_PLACES_SHOWN = 3;

/** One report a pool, told apart by the file it runs (or by the pool object, where that is known), busiest first. */
export function poolsOf(answers: readonly Answer[], complete: (frame: RawFrame) => Frame): PoolReport[] {
  const pools = new Map<string, Pool>();
  for (const { snapshot } of answers) {
    for (const task of snapshot.tasks?.poolTasks ?? []) {
      const key = `${snapshot.threadId} ${task.kind} ${task.poolId ?? task.file}`;
      const pool = pools.get(key) ?? { kind: task.kind, file: task.file, tasks: [] };
      pool.tasks.push(task);
      pools.set(key, pool);
    }
  }
  return [...pools.values()]
    .map((pool) => describe(pool, complete))
    .sort((a, b) => b.queued - a.queued || b.busy - a.busy);
}

function describe(pool: Pool, complete: (frame: RawFrame) => Frame): PoolReport {
  const running = pool.tasks.filter((task) => task.threadId !== null && task.runningMs !== null);
  const queued = pool.tasks.filter((task) => task.runningMs === null);
  const threadIds = [...new Set(running.map((task) => task.threadId ?? 0))].sort((a, b) => a - b);
  return {
    name: nameOf(pool.file),
    kind: pool.kind,
    file: pool.file,
    threadIds,
    busy: threadIds.length,
    idle: 0,
    queued: queued.length,
    oldestQueuedMs: queued.length === 0 ? null : Math.max(...queued.map((task) => task.queuedMs ?? 0)),
    running: running.map((task) => ({
      threadId: task.threadId ?? 0,
      task: task.name ?? 'default',
      file: task.file,
      runningMs: task.runningMs ?? 0,
      queuedMs: task.queuedMs,
      submittedAt: task.submittedAt.map(complete),
    })),
    queuedAt: placesOf(queued, complete),
  };
}

function placesOf(queued: RawPoolTask[], complete: (frame: RawFrame) => Frame): PoolReport['queuedAt'] {
  const places = new Map<string, { count: number; stack: RawFrame[] }>();
  for (const task of queued) {
    if (task.submittedAt.length === 0) continue;
    const key = stackKey('', task.submittedAt);
    const place = places.get(key) ?? { count: 0, stack: task.submittedAt };
    place.count++;
    places.set(key, place);
  }
  const mostFirst = [...places.values()].sort((a, b) => b.count - a.count);
  return mostFirst.slice(0, QUEUED_PLACES_SHOWN).map(({ count, stack }) => ({ count, stack: stack.map(complete) }));
}

/** The worker file's base name: what a person calls the pool that has no name. */
function nameOf(file: string | null): string {
  if (file === null) return 'pool';
  const base = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return base.replace(/\.[cm]?[jt]sx?$/, '') || base;
}
