/**
 * What a report costs: from the signal to its file, to the last thread's stack, and how long any healthy thread stands
 * still; beside Node's own diagnostic report, a native stack capture and a bare round trip over message ports, in the same
 * process, the order alternating. First reports of a process are not told from its later ones.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withPrograms } from './harness/program.mjs';
import { countReports, reportsTo, requestReport } from './harness/reports.mjs';
import { findRival } from './harness/rivals.mjs';
import { growthExponent, summarize } from './harness/statistics.mjs';
import { BENCH, PRELOAD } from './harness/variants.mjs';

/** A thread counts as stuck when its loop has not turned for a second; a thread of that age has rehearsed its answer. */
const SETTLED_MS = 1500;
const BETWEEN_MS = 50;
const REPORTS_A_PROCESS = 2;
const REPORTS_A_PROCESS_OF_ALL = 5;
const RIVAL = '@sentry-internal/node-native-stacktrace';

const WORKERS = [1, 8, 64, 256];
const TASKS = [1000, 10_000, 100_000];
const LOADS = { idle: 'idle', spinning: '1 in 8 spinning', piscina: 'idle Piscina', busy: 'busy' };

/** Workers, tasks and main in each state that matters; the ones below for a run of all benchmarks, then the others. */
const SCENES = [
  ...WORKERS.map((workers) => ({ workers, load: 'idle', tasks: 0 })),
  { workers: 64, load: 'spinning', tasks: 0 },
  ...TASKS.map((tasks) => ({ workers: 1, load: 'idle', tasks })),
  { workers: 16, load: 'idle', tasks: 10_000 },
];

const OTHER_SCENES = [
  ...[1, 8, 256].map((workers) => ({ workers, load: 'spinning', tasks: 0 })),
  ...WORKERS.map((workers) => ({ workers, load: 'piscina', tasks: 0 })),
  ...WORKERS.map((workers) => ({ workers, load: 'busy', tasks: 0 })),
  ...WORKERS.map((workers) => ({ workers, load: 'idle', tasks: 0, isHung: true })),
  { workers: 64, load: 'spinning', tasks: 0, isHung: true },
  ...TASKS.map((tasks) => ({ workers: 1, load: 'idle', tasks, isHung: true })),
];

/** What a brief run looks at: each kind of scene once. */
const QUICK_SCENES = [
  { workers: 8, load: 'spinning', tasks: 1000 },
  { workers: 2, load: 'piscina', tasks: 0 },
  { workers: 2, load: 'busy', tasks: 0, isHung: true },
];

export async function run(context) {
  const native = findRival(RIVAL, context.node);
  const skipped = native.file === null ? [`${RIVAL}: ${native.why}`] : [];
  const measures = [];
  for (const scene of scenes(context)) {
    const samples = await play({ ...scene, native: scene.load === 'piscina' ? null : native.file }, context);
    measures.push(...measuresOf(scene, samples));
  }
  return { measures: [...measures, ...growth(measures)], skipped, chart: CHART };
}

function scenes({ isQuick, isAll, only }) {
  const all = isAll ? SCENES : [...SCENES, ...OTHER_SCENES];
  return (isQuick ? QUICK_SCENES : all).filter((scene) => titleOf(scene).includes(only));
}

/** `pause`: the longest of a healthy thread, as a timer in it sees it; `of none`: in a time without a report. */
const COLUMNS = [
  'file',
  'stacks',
  'getReport',
  'native capture',
  'round trip',
  'pause',
  'pause of none',
  'pause of getReport',
  'pause as reported',
];

const CHART = {
  table: 'snapshot',
  rows: ['8 workers, idle', '64 workers, idle', '64 workers, 1 in 8 spinning', '256 workers, idle'],
  columns: ['file', 'stacks', 'getReport', 'native capture', 'round trip'],
  isLogarithmic: true,
};

function titleOf({ workers, load, tasks, isHung = false }) {
  const parts = [`${workers} worker${workers === 1 ? '' : 's'}`];
  if (tasks > 0) parts.push(`${tasks.toLocaleString('en')} tasks`);
  if (tasks === 0 || load !== 'idle') parts.push(LOADS[load]);
  if (isHung) parts.push('main hung');
  return parts.join(', ');
}

/** All samples of a scene: fresh processes, in each of them a few. */
async function play(scene, context) {
  const samples = [];
  const most = context.isAll ? REPORTS_A_PROCESS_OF_ALL : REPORTS_A_PROCESS;
  for (let isReversed = false; samples.length < context.pairs; isReversed = !isReversed) {
    context.say(`snapshot: ${titleOf(scene)}, ${samples.length} of ${context.pairs}`);
    const count = Math.min(most, context.pairs - samples.length);
    samples.push(...(await playOnce(scene, count, isReversed, context)));
  }
  return samples;
}

async function playOnce(scene, count, isReversed, context) {
  const folder = mkdtempSync(join(tmpdir(), 'gmr-bench-'));
  const file = join(BENCH, 'programs/threads.mjs');
  const { node } = context;
  const command = { node, flags: ['-r', PRELOAD], file, args: [JSON.stringify(scene)], env: reportsTo(folder) };
  const sample = scene.isHung === true ? sampleHung : sampleHealthy;
  try {
    return await withPrograms([command], async ([program]) => {
      await sleep(SETTLED_MS);
      const samples = [];
      for (let index = 0; index < count; index++) {
        samples.push(await sample(program, folder, { scene, isReversed: isReversed !== (index % 2 === 1) }));
        await sleep(BETWEEN_MS);
      }
      sayUnlessOneEach(countReports(folder), count, context);
      return samples;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A signal that was answered twice, or not by itself, would spoil what is measured after it. */
function sayUnlessOneEach(reports, signals, { say }) {
  if (reports !== signals) say(`snapshot: ${signals} signals gave ${reports} reports`);
}

/** One report, beside what else can be asked of the same process, and a time without any of it. */
async function sampleHealthy(program, folder, { scene, isReversed }) {
  const sample = {};
  const steps = [
    async () => {
      await program.ask('mark');
      Object.assign(sample, timesOf(await requestReport(program.pid, folder)));
      sample.pause = await program.ask('gaps');
    },
    async () => {
      const { ms, pauseMs } = await program.ask('getReport');
      Object.assign(sample, { getReport: ms, 'pause of getReport': pauseMs });
    },
    async () => {
      if (scene.native !== null) sample['native capture'] = (await program.ask('capture')).ms;
    },
  ];
  if (isReversed) steps.reverse();
  for (const step of steps) {
    await step();
    await sleep(BETWEEN_MS);
  }
  if (scene.load !== 'piscina') sample['round trip'] = (await program.ask('roundTrip')).ms;
  sample['pause of none'] = (await program.ask('wait', BETWEEN_MS)).pauseMs;
  return sample;
}

async function sampleHung(program, folder) {
  const release = join(folder, 'release');
  rmSync(release, { force: true });
  await program.ask('hang', release);
  await sleep(SETTLED_MS);
  try {
    return timesOf(await requestReport(program.pid, folder));
  } finally {
    writeFileSync(release, '');
    await program.ask('mark');
  }
}

function timesOf({ fileMs, report }) {
  const own = report.threads.filter(({ readBy }) => readBy === 'port').map(({ pauseMs }) => pauseMs ?? 0);
  return { file: fileMs, stacks: report.report.stacksMs, 'pause as reported': Math.max(0, ...own) };
}

function measuresOf(scene, samples) {
  const row = titleOf(scene);
  const columns = COLUMNS.filter((column) => samples[0][column] !== undefined);
  const times = columns.map((column) => ({
    table: 'snapshot',
    row,
    column,
    unit: 'ms',
    ...summarize(samples.map((sample) => sample[column])),
  }));
  if (samples[0].getReport === undefined) return times;
  const shares = ['stacks', 'file'].map((column) => ({
    table: 'snapshot ratio',
    row,
    column,
    unit: 'of the time of process.report.getReport()',
    ...summarize(samples.map((sample) => sample[column] / sample.getReport)),
  }));
  return [...times, ...shares];
}

/** How the times grow with workers and with tasks: the exponent of the power that fits them. */
function growth(measures) {
  const lines = [
    ...Object.entries(LOADS).map(([load, says]) => ({
      row: `workers, ${says}`,
      points: WORKERS.map((workers) => [workers, titleOf({ workers, load, tasks: 0 })]),
    })),
    { row: 'tasks', points: TASKS.map((tasks) => [tasks, titleOf({ workers: 1, load: 'idle', tasks })]) },
  ];
  return lines.flatMap(({ row, points }) =>
    ['file', 'stacks', 'getReport'].flatMap((column) => {
      const values = points.map(([x, title]) => [x, find(measures, title, column)]);
      if (values.some(([, y]) => y === undefined)) return [];
      const exponent = growthExponent(values);
      return {
        table: 'growth',
        row,
        column,
        unit: 'exponent',
        median: exponent,
        low: exponent,
        high: exponent,
        count: 1,
      };
    }),
  );
}

function find(measures, row, column) {
  return measures.find((one) => one.table === 'snapshot' && one.row === row && one.column === column)?.median;
}
