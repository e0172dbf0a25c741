/** Pools of `poolifier`, by its public `info`; its worker nodes tell which threads those figures are of. */
import { types } from 'node:util';
import { dataOf } from '../../tasks/ownData.js';
import { threadIdOf } from '../../tasks/workerThread.js';
import { nothingKnown, type PoolAdapter, type PoolFacts, type PoolFactsTask } from './adapter.js';
import { countOf, isMethod, sortedIds, textOf } from './poolData.js';

const NOT_KNOWN = ['when a task was submitted', 'since when it runs'];
/** Without its own queue the pool gives a worker all tasks at once, which wait in that worker. */
const WITHOUT_QUEUE = 'which of the tasks given to a worker it runs, and which wait there';

export const poolifier: PoolAdapter = { kind: 'poolifier', callsPool: true, recognises, read };

function recognises(pool: object): boolean {
  return (
    Array.isArray(dataOf(pool, 'workerNodes')) &&
    countOf(dataOf(pool, 'minimumNumberOfWorkers')) !== null &&
    ['execute', 'destroy', 'addTaskFunction'].every((name) => isMethod(pool, name))
  );
}

function read(pool: object): PoolFacts {
  const info: unknown = Reflect.get(pool, 'info');
  const nodes = dataOf(pool, 'workerNodes') as unknown[];
  const idle = countOf(dataOf(info, 'idleWorkerNodes'));
  const hasQueue = dataOf(dataOf(pool, 'opts'), 'enableTasksQueue') === true;
  const utilization = dataOf(info, 'utilization');
  return {
    ...nothingKnown(),
    file: textOf(dataOf(pool, 'filePath')),
    threadIds: sortedIds(nodes.map((node) => threadIdOf(dataOf(node, 'worker')))),
    minThreads: countOf(dataOf(info, 'minSize')),
    maxThreads: countOf(dataOf(info, 'maxSize')),
    busy: idle === null ? null : Math.max(0, nodes.length - idle),
    idle,
    queued: hasQueue ? countOf(dataOf(info, 'queuedTasks')) : null,
    completed: countOf(dataOf(info, 'executedTasks')),
    utilization: typeof utilization === 'number' && utilization >= 0 ? Math.min(1, utilization) : null,
    running: nodes.flatMap(tasksOf),
    isDestroyed: dataOf(info, 'started') === false && nodes.length === 0,
    notKnown: hasQueue ? NOT_KNOWN : [...NOT_KNOWN, WITHOUT_QUEUE],
  };
}

/** One entry a task function that the worker has tasks of; it counts them by name where there are several functions. */
function tasksOf(node: unknown): PoolFactsTask[] {
  const threadId = threadIdOf(dataOf(node, 'worker'));
  if (threadId === null || !isExecuting(dataOf(node, 'usage'))) return [];
  const byName = dataOf(node, 'taskFunctionsUsage');
  const names: unknown[] = types.isMap(byName)
    ? [...byName].flatMap(([name, usage]: [unknown, unknown]) => (isExecuting(usage) ? [name] : []))
    : [];
  const tasks = names.length === 0 ? [null] : names;
  return tasks.map((name) => ({ threadId, task: textOf(name), runningMs: null }));
}

function isExecuting(usage: unknown): boolean {
  return (countOf(dataOf(dataOf(usage, 'tasks'), 'executing')) ?? 0) > 0;
}
