/** What has to be reached, each with the measure that decides it: its median must not be above the limit. */

/**
 * `where` names a measure: table, row and column. `floor` is the column of what costs the same with nothing done in it, where
 * there is such a thing.
 */
export const TARGETS = [
  {
    says: '64 workers of which 8 spin: to the last stack, of the time of process.report.getReport()',
    where: ['snapshot ratio', '64 workers, 1 in 8 spinning', 'stacks'],
    limit: 0.15,
  },
  {
    says: 'the same: request to file, deadline + 200 ms',
    where: ['snapshot', '64 workers, 1 in 8 spinning', 'file'],
    limit: 1200,
  },
  {
    says: '256 workers: request to file, deadline + 200 ms',
    where: ['snapshot', '256 workers, idle', 'file'],
    limit: 1200,
  },
  {
    says: '100,000 pending tasks: request to file, deadline + 200 ms',
    where: ['snapshot', '1 worker, 100,000 tasks', 'file'],
    limit: 1200,
  },
  {
    says: 'longest pause of a healthy thread, 16 workers, 10,000 pending tasks, ms',
    where: ['snapshot', '16 workers, 10,000 tasks', 'pause'],
    limit: 10,
  },
  {
    says: 'time grows at most linearly with workers: exponent',
    where: ['growth', 'workers, idle', 'file'],
    limit: 1.1,
  },
  { says: 'time grows at most linearly with tasks: exponent', where: ['growth', 'tasks', 'file'], limit: 1.1 },
  {
    says: 'default options, HTTP server, of bare CPU time',
    where: ['steady', 'HTTP server', 'default'],
    floor: 'empty hooks',
    limit: 1.03,
  },
  {
    says: 'default options, Piscina round trip, of bare CPU time',
    where: ['steady', 'Piscina round trip', 'default'],
    floor: 'empty hooks',
    limit: 1.03,
  },
  {
    says: 'default options, await loop, of bare CPU time',
    where: ['steady', 'await loop', 'default'],
    floor: 'empty hooks',
    limit: 3,
  },
  { says: 'a pending promise without its stack, B', where: ['memory of a task', 'promise', 'default'], limit: 300 },
  { says: 'a pending timer without its stack, B', where: ['memory of a task', 'timer', 'default'], limit: 300 },
  {
    says: 'a pending AsyncResource without its stack, B',
    where: ['memory of a task', 'AsyncResource', 'default'],
    limit: 300,
  },
  { says: '10 million promises: the heap grows by, MB', where: ['memory', '10 million promises', 'heap'], limit: 1 },
  { says: 'the sentinel, MB of RSS', where: ['memory', 'sentinel', 'RSS'], limit: 15 },
  {
    says: 'added to the start of a process, ms',
    where: ['start', 'process start', 'default'],
    floor: 'idle worker',
    limit: 25,
  },
  {
    says: 'added to the start of a worker, ms',
    where: ['start', 'worker start', 'default'],
    floor: 'idle worker',
    limit: 5,
  },
  {
    says: 'added to the exit of an empty script, ms',
    where: ['start', 'exit', 'default'],
    floor: 'idle worker',
    limit: 10,
  },
  { says: 'the installed package with its dependencies, MB', where: ['size', 'all', 'unpacked'], limit: 1 },
];

/** Every target with the measure that decides it, if it is among these (`met`, `missed` or `not measured`), and its floor. */
export function judge(measures) {
  return TARGETS.map(({ says, where: [table, row, column], floor, limit }) => {
    const find = (name) => measures.find((one) => one.table === table && one.row === row && one.column === name);
    const measure = find(column);
    if (measure === undefined) return { says, limit, table, floor: null, verdict: 'not measured' };
    const { median, low, high, count } = measure;
    const verdict = median <= limit ? 'met' : 'missed';
    return { says, limit, table, median, low, high, count, verdict, floor: find(floor)?.median ?? null };
  });
}
