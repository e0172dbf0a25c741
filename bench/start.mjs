/**
 * What the preload adds to lives that are short: the time to the first line of an empty script, from its last line to the
 * end of the process, the whole, and the time to the first line of a worker. Times of two processes are compared by the
 * monotonic clock, which they share.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withPrograms } from './harness/program.mjs';
import { runRounds } from './harness/rounds.mjs';
import { median, summarize } from './harness/statistics.mjs';
import { BENCH, chooseVariants, SETTLED_MS } from './harness/variants.mjs';

const VARIANTS = ['control', 'default', 'sentinel lazy', 'sentinel off', 'idle worker'];
/** A life is short, so many of them are cheap. */
const ROUNDS_A_PAIR = 2;
/**
 * The machine gets faster and slower within seconds, so each process starts one worker in its turn, and has many turns. The
 * first is not counted: it meets what is compiled once in a process.
 */
const TURNS = 15;
const QUICK_TURNS = 2;
const ENDS_WITHIN_MS = 30_000;

export async function run(context) {
  const { variants, skipped } = chooseVariants(['bare', ...VARIANTS], context);
  const { node, pairs, isQuick } = context;
  context.say('start: processes');
  const lives = await measureRows(isQuick ? pairs : pairs * ROUNDS_A_PAIR, (names) =>
    inTurn(names.map((name) => () => oneLife(node, variants.get(name)))),
  );
  context.say('start: workers');
  const workers = await measureRows(pairs, (names) =>
    workerStarts(
      names.map((name) => variants.get(name)),
      { node, isQuick },
    ),
  );
  return { measures: [...lives, ...workers], skipped, chart: { table: 'start', isLogarithmic: false } };
}

async function inTurn(works) {
  const values = [];
  for (const work of works) values.push(await work());
  return values;
}

/** Every number of a variant, less that of the bare process beside it. */
async function measureRows(rounds, measureRound) {
  const found = await runRounds({ variants: VARIANTS, rounds, measureRound });
  const rows = Object.keys(found.get('control')[0].bare);
  return rows.flatMap((row) =>
    [...found].map(([column, pairs]) => ({
      table: 'start',
      unit: 'ms added',
      row,
      column,
      ...summarize(pairs.map(({ bare, value }) => value[row] - bare[row])),
    })),
  );
}

/** The times of one empty script, in ms. */
async function oneLife(node, { flags, env }) {
  const begun = now();
  const child = spawn(node, [...flags, join(BENCH, 'programs/empty.cjs')], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: ENDS_WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  const closed = once(child, 'close');
  const [code] = await once(child, 'exit');
  const ended = now();
  await closed;
  if (code !== 0) throw new Error(`an empty script ended with ${code}`);
  const { ranMs, cpuMs } = JSON.parse(text);
  return {
    'process start': ranMs - begun,
    'process start, CPU time': cpuMs,
    exit: ended - ranMs,
    'whole life': ended - begun,
  };
}

function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What workers take in each of these processes, in ms: all are left alone until they have settled, then asked in turn. */
function workerStarts(variants, { node, isQuick }) {
  const file = join(BENCH, 'programs/workerStarts.mjs');
  const commands = variants.map(({ flags, env }) => ({ node, flags, env, file }));
  return withPrograms(commands, async (programs) => {
    await sleep(isQuick ? 0 : SETTLED_MS);
    const asks = programs.map((program) => () => program.ask('start'));
    await inTurn(asks);
    const turns = [];
    for (let turn = 0; turn < (isQuick ? QUICK_TURNS : TURNS); turn++) turns.push(await inTurn(asks));
    return programs.map((_, index) => medians(turns.map((values) => values[index])));
  });
}

/** Of each number by itself. */
function medians(values) {
  return Object.fromEntries(Object.keys(values[0]).map((row) => [row, median(values.map((value) => value[row]))]));
}
