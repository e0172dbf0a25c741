/**
 * Memory: what a tracked task takes beyond what the task itself does, what is left of tasks and reports that are over, and
 * what the sentinel takes. No times are measured, so the processes of a round run at once.
 */
import { join } from 'node:path';
import { withPrograms } from './harness/program.mjs';
import { summarize } from './harness/statistics.mjs';
import { BENCH, chooseVariants } from './harness/variants.mjs';

const TASKS = 100_000;
const PROMISES = 10_000_000;
const REPORTS = 1000;
const QUICK_SHARE = 0.001;
/** Memory hardly differs from one run to the next: less is enough than the pairs that times need. */
const ROUNDS_A_PAIR = 0.3;
const ROUNDS_A_PAIR_OF_ALL = 0.2;
const VARIANTS = ['bare', 'control', 'default', 'handles', 'full', 'sentinel off'];

const MEGABYTE = 1e6;

/** What is looked at: a command of the program, and what it does to the memory of each variant. */
const SUBJECTS = [
  ...['promise', 'timer', 'AsyncResource'].map((kind) => ({
    row: kind,
    command: 'pending',
    argument: { kind, count: TASKS },
    variants: ['bare', 'control', 'default', 'full'],
    measures: (values, row) =>
      ['control', 'default', 'full'].map((column) => ({
        table: 'memory of a task',
        unit: 'B more than bare',
        row,
        column,
        ...summarize(values.map((round) => round[column].heap - round.bare.heap)),
      })),
  })),
  {
    row: '10 million promises',
    command: 'promises',
    argument: { count: PROMISES },
    variants: ['bare', 'default'],
    measures: (values, row) => [...growth(values, row, 'default', ''), ...growth(values, row, 'bare', ', bare')],
  },
  {
    row: '1,000 reports',
    command: 'reports',
    argument: { count: REPORTS },
    variants: ['default'],
    measures: (values, row) => growth(values, row, 'default', ''),
  },
  {
    row: 'sentinel',
    command: 'idle',
    argument: { count: 0 },
    variants: ['default', 'sentinel off'],
    measures: (values, row) => [
      megabytes(
        row,
        'RSS',
        values.map((round) => round.default.rss - round['sentinel off'].rss),
      ),
    ],
  },
];

export async function run(context) {
  const { variants, skipped } = chooseVariants(VARIANTS, context);
  const rounds = Math.max(1, Math.round(context.pairs * (context.isAll ? ROUNDS_A_PAIR_OF_ALL : ROUNDS_A_PAIR)));
  const values = SUBJECTS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    context.say(`memory: ${round} of ${rounds}`);
    const found = await Promise.all(SUBJECTS.map((subject) => askAll(subject, variants, context)));
    for (const [index, value] of found.entries()) values[index].push(value);
  }
  return { measures: SUBJECTS.flatMap((subject, index) => subject.measures(values[index], subject.row)), skipped };
}

/** Asks a process of each variant. Returns the answers by the variant's name. */
function askAll({ command, argument, variants: names }, variants, { node, isQuick }) {
  const count = Math.ceil(argument.count * (isQuick ? QUICK_SHARE : 1));
  const commands = names.map((name) => {
    const { flags, env } = variants.get(name);
    return { node, flags: ['--expose-gc', ...flags], env, file: join(BENCH, 'programs/memory.mjs') };
  });
  return withPrograms(commands, async (programs) => {
    const answers = programs.map((program) => program.ask(command, { ...argument, count, isQuick }));
    const sizes = await Promise.all(answers);
    return Object.fromEntries(names.map((name, index) => [name, sizes[index]]));
  });
}

function growth(values, row, variant, suffix) {
  const of = (size) => values.map((round) => round[variant][size]);
  return [megabytes(row, `heap${suffix}`, of('heap')), megabytes(row, `RSS${suffix}`, of('rss'))];
}

function megabytes(row, column, bytes) {
  return { table: 'memory', unit: 'MB', row, column, ...summarize(bytes.map((value) => value / MEGABYTE)) };
}
