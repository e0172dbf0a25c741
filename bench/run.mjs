/**
 * The benchmarks: `npm run bench` for all, `npm run bench -- snapshot` for one.
 *
 *   node bench/run.mjs [snapshot|steady|memory|start|size]... [--node <binary>] [--pairs <n>] [--only <text>]
 *                      [--preload <file>] [--json <file>] [--judged] [--quick] [--smoke]
 *
 * `--judged` leaves out what no target needs, as a run of all does. `--quick` runs each briefly; its figures mean nothing.
 * `--smoke` does so without the network, for continuous integration.
 * `--only` leaves out works of `steady` and scenes of `snapshot` whose name, as tables show it, does not hold the text.
 * `--preload` holds any other file that `-r` loads against a bare process as well. Results of a whole run are kept in
 * `bench/results`; `node bench/readme.mjs` makes the README's table of them. The package must be built.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './harness/machine.mjs';
import { keepResult } from './harness/results.mjs';
import { installRivals } from './harness/rivals.mjs';
import { aligned, figure, tables, withInterval } from './harness/table.mjs';
import { PRELOAD } from './harness/variants.mjs';
import * as memory from './memory.mjs';
import * as size from './size.mjs';
import * as snapshot from './snapshot.mjs';
import * as start from './start.mjs';
import * as steady from './steady.mjs';
import { judge } from './targets.mjs';

const BENCHMARKS = { size, start, memory, snapshot, steady };
const PAIRS = 10;
const QUICK_PAIRS = 1;
/** When no pairs are added for precision any more. */
const LATE_MS = 8.5 * 60_000;

class WrongCall extends Error {}

function readOptions() {
  const { values, positionals } = parse();
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown !== undefined) {
    throw new WrongCall(`expected a benchmark (${Object.keys(BENCHMARKS).join(', ')}), got ${unknown}`);
  }
  const pairs = Number(values.pairs ?? (values.quick || values.smoke ? QUICK_PAIRS : PAIRS));
  if (!Number.isInteger(pairs) || pairs < 1) throw new WrongCall(`--pairs: expected 1 or more, got ${values.pairs}`);
  if (!existsSync(PRELOAD)) throw new WrongCall('the package is not built: run npm run build first');
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
  const isAll = positionals.length === 0 || values.judged;
  return {
    ...values,
    names,
    isAll,
    pairs,
    isQuick: values.quick || values.smoke,
    preload: values.preload ?? null,
  };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        node: { type: 'string', default: process.execPath },
        pairs: { type: 'string' },
        only: { type: 'string', default: '' },
        preload: { type: 'string' },
        json: { type: 'string' },
        judged: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new WrongCall(error.message, { cause: error });
  }
}

function print(lines) {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs one and says what it found. */
async function runOne(name, options, machine) {
  const begun = performance.now();
  const isLate = () => performance.now() > begun + LATE_MS;
  const { measures, skipped, chart = null } = await BENCHMARKS[name].run({ ...options, isLate, say });
  if (measures.length === 0) throw new WrongCall(`--only: nothing in ${name} is called ${options.only}`);
  say(`${name}: ${Math.round((performance.now() - begun) / 1000)} s`);
  const result = { benchmark: name, machine, pairs: options.pairs, measures, skipped, chart };
  print(['', ...tables(measures), ...skipped.map((line) => `left out: ${line}`)]);
  if (!options.isQuick && options.only === '') say(`kept: ${keepResult(result).join(', ')}`);
  return result;
}

/** What is said of the targets of the benchmarks that ran; of a brief run nothing, since its figures mean nothing. */
function verdictLines(results, { isQuick, only }) {
  if (isQuick) return ['a brief run: its figures mean nothing'];
  const tables = new Set(results.flatMap(({ measures }) => measures.map(({ table }) => table)));
  const targets = judge(results.flatMap(({ measures }) => measures)).filter(({ table }) => tables.has(table));
  const shown = only === '' ? targets : targets.filter(({ verdict }) => verdict !== 'not measured');
  const rows = shown.map((target) => [
    target.verdict,
    target.verdict === 'not measured' ? '' : withInterval(target),
    target.floor === null ? '' : `floor ${figure(target.floor)}`,
    `at most ${target.limit}`,
    target.says,
  ]);
  return rows.length === 0 ? [] : ['targets', ...aligned(rows)];
}

async function main() {
  const options = readOptions();
  const machine = describeMachine(options.node);
  const lacking = options.smoke ? null : installRivals();
  print([machineLine(machine), ...(lacking === null ? [] : [lacking])]);
  const results = [];
  for (const name of options.names) results.push(await runOne(name, options, machine));
  print(verdictLines(results, options));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
}

process.stdout.on('error', () => process.exit()); // Nobody reads on.
try {
  await main();
} catch (error) {
  say(`bench: ${error.message}`);
  process.exitCode = error instanceof WrongCall ? 2 : 1;
}
