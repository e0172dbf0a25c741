/**
 * What it costs to have it loaded: CPU time of all threads for one operation, beside a bare process. The processes of a
 * round start together and are left alone until what is done once in a life (the sentinel's start, the rehearsal of a
 * thread's answer) is over; then they work in turn.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withPrograms } from './harness/program.mjs';
import { ratios, runRounds } from './harness/rounds.mjs';
import { halfWidth, summarize } from './harness/statistics.mjs';
import { BENCH, chooseVariants } from './harness/variants.mjs';

const SETTLED_MS = 1700;
const PRECISION = 0.02;
/** Pairs at most where the interval does not get narrow enough, in times of the pairs that were asked for. */
const LONGEST = 6;
const QUICK_SCALE = 0.02;

const ALL = ['control', 'default', 'handles', 'full', 'why-is-node-running', 'wtfnode', 'sentry native'];

/** Each work, what it is called in tables, and its variants. */
export const WORKS = [
  { name: 'http', says: 'HTTP server', variants: ALL, isPrecise: true },
  { name: 'piscina', says: 'Piscina round trip', variants: ALL, isPrecise: true },
  { name: 'saturated', says: 'Piscina, saturated', variants: ALL },
  { name: 'requests', says: 'HTTP requests and server', variants: ALL },
  { name: 'await', says: 'await loop', variants: ALL },
  { name: 'timers', says: 'timers', variants: ALL },
  { name: 'fs', says: 'file requests', variants: ALL },
  { name: 'stream', says: 'stream pipeline', variants: ALL },
  { name: 'websocket', says: 'WebSocket echo', variants: ALL },
  {
    name: 'labels',
    says: 'await loop with labels',
    variants: ['control', 'default', 'labels', 'labels for each call', 'AsyncLocalStorage'],
  },
];

export async function run(context) {
  const measures = [];
  const skipped = new Set();
  for (const work of WORKS.filter(({ name }) => context.works === null || context.works.includes(name))) {
    context.say(`steady: ${work.says}`);
    const chosen = chooseVariants(
      ['bare', ...(context.preload === null ? [] : ['preload']), ...wanted(work, context)],
      context,
    );
    for (const line of chosen.skipped) skipped.add(line);
    measures.push(...(await measureWork(work, chosen.variants, context)));
  }
  return { measures, skipped: [...skipped], chart: { table: 'steady', isLogarithmic: true, reference: 1 } };
}

/** A brief run has every work and every variant, not each with each. */
function wanted(work, { isQuick }) {
  return isQuick && work.variants === ALL && work !== WORKS[0] ? ['default'] : work.variants;
}

async function measureWork(work, variants, context) {
  const { pairs: rounds } = context;
  const measureRound = (names) => workInTurn(work, names, { ...context, variants });
  const pairs = await runRounds({
    variants: [...variants.keys()].filter((name) => name !== 'bare'),
    rounds,
    measureRound,
  });
  if (work.isPrecise && !context.isQuick) await refine(pairs, measureRound, context);
  return [...pairs].map(([column, values]) => ({
    table: 'steady',
    row: work.says,
    column,
    unit: 'ratio of CPU time',
    ...summarize(ratios(values)),
  }));
}

/** More pairs of the two that are judged, until their interval is narrow or the time of this benchmark is up. */
async function refine(pairs, measureRound, context) {
  const names = ['control', 'default'];
  const isEnough = (more) => {
    const all = names.map((name) => [...pairs.get(name), ...more.get(name)]);
    const isNarrow = all.every((values) => halfWidth(summarize(ratios(values))) <= PRECISION);
    return isNarrow || all[0].length >= LONGEST * context.pairs || context.isLate();
  };
  const more = await runRounds({ variants: names, rounds: 0, measureRound, isEnough });
  for (const name of names) pairs.get(name).push(...more.get(name));
}

function workInTurn({ name }, names, { node, isQuick, variants }) {
  const commands = names.map((variant) => {
    const { flags, env } = variants.get(variant);
    const args = [name, isQuick ? QUICK_SCALE : 1];
    return { node, flags: ['--expose-gc', ...flags], env, file: join(BENCH, 'programs/steady.mjs'), args };
  });
  return withPrograms(commands, async (programs) => {
    await sleep(isQuick ? 0 : SETTLED_MS);
    const values = [];
    for (const program of programs) {
      values.push((await program.ask('work')).cpuUs);
      await program.stop();
    }
    return values;
  });
}
