/**
 * What it costs to have it loaded: CPU time of all threads for one operation, beside a bare process. The processes of a
 * round start and warm up together, until what is done once in a life (compiling, the sentinel's start, the rehearsal of a
 * thread's answer) is over; then they work in turn, in slices (`harness/slices.mjs`), on one core where one thread works at a
 * time: round trips through a pool that were left where the kernel puts them differed from themselves by 0.81 to 1.17.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseCores } from './harness/cores.mjs';
import { withPrograms } from './harness/program.mjs';
import { besideOne, ratios, runRounds } from './harness/rounds.mjs';
import { workInSlices } from './harness/slices.mjs';
import { halfWidth, summarize } from './harness/statistics.mjs';
import { BENCH, chooseVariants, SETTLED_MS } from './harness/variants.mjs';

const PRECISION = 0.02;
/** Pairs at most where the interval does not get narrow enough, in times of the pairs that were asked for. */
const LONGEST = 6;
const QUICK_SCALE = 0.02;
/** The first ones meet the hooks that a thread has after its first second: V8 compiles those as well. */
const TURNS = { uncounted: 12, counted: 40 };
const QUICK_TURNS = { uncounted: 1, counted: 2 };
const ANY = { measured: null, beside: null };

const JUDGED = ['control', 'default', 'empty hooks'];
const BEST_KNOWN = [...JUDGED, 'full', 'why-is-node-running'];
const LABELS = ['control', 'default', 'labels', 'labels for each call', 'AsyncLocalStorage'];
const ALL = [...JUDGED, 'handles', 'full', 'why-is-node-running', 'wtfnode', 'sentry native'];

/**
 * Each work, what it is called in tables, and its variants. `isPrecise`: pairs are added until the interval is narrow.
 * `isThreaded`: its threads work side by side, so that it is not put on one core. `all`: its variants when all benchmarks
 * run, and there is no time for every one with every one. `heavyScale`: how much of it is enough for variants that take a
 * stack for each operation.
 */
export const WORKS = [
  { name: 'http', says: 'HTTP server', variants: ALL, all: BEST_KNOWN, isPrecise: true, heavyScale: 0.1 },
  {
    name: 'piscina',
    says: 'Piscina round trip',
    variants: ALL,
    all: JUDGED,
    isPrecise: true,
    heavyScale: 0.1,
  },
  { name: 'await', says: 'await loop', variants: ALL, all: JUDGED, heavyScale: 0.02 },
  { name: 'saturated', says: 'Piscina, saturated', variants: ALL, all: [], isThreaded: true },
  { name: 'requests', says: 'HTTP requests and server', variants: ALL, all: [] },
  { name: 'timers', says: 'timers', variants: ALL, all: [] },
  { name: 'fs', says: 'file requests', variants: ALL, all: [] },
  { name: 'stream', says: 'stream pipeline', variants: ALL, all: [] },
  { name: 'websocket', says: 'WebSocket echo', variants: ALL, all: [] },
  { name: 'labels', says: 'await loop with labels', variants: LABELS, all: [] },
];

export async function run(context) {
  const cores = chooseCores() ?? ANY;
  const measures = [];
  const skipped = new Set();
  for (const work of chosenWorks(context)) {
    context.say(`steady: ${work.says}`);
    const chosen = chooseVariants(
      ['bare', ...(context.preload === null ? [] : ['preload']), ...wanted(work, context)],
      context,
    );
    for (const line of chosen.skipped) skipped.add(line);
    measures.push(...(await measureWork(work, chosen.variants, { ...context, cores })));
  }
  return { measures, skipped: [...skipped], chart: { table: 'steady', isLogarithmic: true, reference: 1 } };
}

function chosenWorks({ only, isAll, isQuick }) {
  return WORKS.filter(({ says, all }) => says.includes(only) && (all.length > 0 || isQuick || !isAll));
}

/** A brief run has every work and every variant, but not each with each; a run of all benchmarks has those that matter. */
function wanted(work, { isQuick, isAll }) {
  if (isQuick) return work.variants === ALL && work !== WORKS[0] ? ['default'] : work.variants;
  return isAll ? work.all : work.variants;
}

async function measureWork(work, variants, context) {
  const measureRound = (names) => workInTurn(work, names, { ...context, variants });
  const pairs = await runRounds({
    variants: [...variants.keys()].filter((name) => name !== 'bare'),
    rounds: context.pairs,
    measureRound,
    order: besideOne,
  });
  if (work.isPrecise && !context.isQuick && !context.isAll) await refine(pairs, measureRound, context);
  return [...pairs].map(([column, values]) => ({
    table: 'steady',
    row: work.says,
    column,
    unit: 'ratio of CPU time',
    ...summarize(ratios(values)),
  }));
}

/** More pairs of those that are judged and of their floor, until their interval is narrow or the time of this benchmark is up. */
async function refine(pairs, measureRound, context) {
  const isEnough = (more) => {
    const all = JUDGED.map((name) => [...pairs.get(name), ...more.get(name)]);
    const isNarrow = all.every((values) => halfWidth(summarize(ratios(values))) <= PRECISION);
    return isNarrow || all[0].length >= LONGEST * context.pairs || context.isLate();
  };
  const more = await runRounds({ variants: JUDGED, rounds: 0, measureRound, isEnough, order: besideOne });
  for (const name of JUDGED) pairs.get(name).push(...more.get(name));
}

function workInTurn({ name, heavyScale = 1, isThreaded = false }, names, { node, isQuick, variants, cores }) {
  const { measured: core, beside } = isThreaded ? ANY : cores;
  const commands = names.map((variant) => {
    const { flags, env, isHeavy = false } = variants.get(variant);
    const args = [name, isQuick ? QUICK_SCALE : isHeavy ? heavyScale : 1];
    const client = beside === null ? {} : { BENCH_CLIENT_CORE: String(beside) };
    return { node, flags, env: { ...env, ...client }, file: join(BENCH, 'programs/steady.mjs'), args, core };
  });
  return withPrograms(commands, async (programs) => {
    await Promise.all([sleep(isQuick ? 0 : SETTLED_MS), ...programs.map((program) => program.ask('warmUp'))]);
    const work = async (index) => (await programs[index].ask('work')).cpuUs;
    return workInSlices({ count: programs.length, ...(isQuick ? QUICK_TURNS : TURNS), work });
  });
}
