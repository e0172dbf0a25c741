/** How threads are called in a sentence. */
import type { Report, ThreadReport } from '../report/types.js';

const RUNS_SHOWN = 12;

/** Threads shown by a name of their own in one list; workers are numbers and take less room. */
const NAMES_SHOWN = 2;

/** `main`, `worker 3`, `module hooks thread 5`, `thread 9` for one the report does not have. */
export function threadName(report: Report, threadId: number): string {
  const thread = report.threads.find((one) => one.threadId === threadId);
  if (thread === undefined) return threadId === 0 ? 'main' : `thread ${threadId}`;
  if (thread.role === 'main') return 'main';
  if (thread.role === 'worker') return `worker ${threadId}`;
  return `${thread.helper ?? thread.role} thread ${threadId}`;
}

/** `worker 3`, `workers 1-4, 7`, `main and worker 2`: several threads in a sentence. */
export function threadNames(report: Report, threadIds: readonly number[]): string {
  const isWorker = (id: number): boolean => /^worker \d/.test(threadName(report, id));
  const named = threadIds.filter((id) => !isWorker(id)).map((id) => threadName(report, id));
  const others = named.length > NAMES_SHOWN + 1 ? named.slice(0, NAMES_SHOWN) : named;
  const unnamed = named.length - others.length;
  const workers = threadIds.filter(isWorker);
  if (workers.length > 0) others.push(`${workers.length === 1 ? 'worker' : 'workers'} ${idRuns(workers)}`);
  if (unnamed > 0) others.push(`${unnamed} other threads`);
  const last = others.pop() ?? 'no thread';
  return others.length === 0 ? last : `${others.join(', ')} and ${last}`;
}

/** ` of pool pdf-render`, or nothing for a thread of no pool. */
export function ofPool(report: Report, threadId: number): string {
  const pool = report.threads.find((thread) => thread.threadId === threadId)?.pool ?? null;
  return pool === null ? '' : ` of pool ${pool}`;
}

/** `1, 2, 4-9`: ids in order, three and more in a row as a range; many ranges are cut, with a count of what was left out. */
export function idRuns(ids: readonly number[]): string {
  const sorted = [...new Set(ids)].sort((one, other) => one - other);
  const runs: number[][] = [];
  for (const id of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === id - 1) run.push(id);
    else runs.push([id]);
  }
  const shown = runs.slice(0, RUNS_SHOWN);
  const hidden = runs.slice(RUNS_SHOWN).flat().length;
  const text = shown.map((run) => (run.length < 3 ? run.join(', ') : `${run[0]}-${run.at(-1)}`)).join(', ');
  return hidden === 0 ? text : `${text} and ${hidden} more`;
}

/** A name that somebody chose: not the runtime's own (`WorkerThread`, `worker 3`), not the pool's. Null without one. */
export function chosenName(thread: ThreadReport): string | null {
  const isPlain = /^(main|(worker ?thread|worker|thread)?[ #-]?\d*)$/i.test(thread.name);
  return isPlain || thread.name === thread.pool ? null : thread.name;
}
