/**
 * The zoo: every way to hang, and what the report must say of it.
 *
 *   node test/zoo/run.mjs [--node <binary>]... [--only <text>] [--dist <folder>] [--repeat <n>] [--show]
 *                         [--watchdog | --healthy [--reports <n>]]
 *
 * One case at a time; prints one table at the end. `--show` prints the reports of cases that are wrong, `--watchdog` sends
 * no signal and has the watchdog catch every hang of a main thread, `--healthy` takes many reports of processes in good
 * health, of which none may have a verdict.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { markedLines, observe } from './fixture.mjs';
import { HEALTHY, watchHealthy } from './healthy.mjs';
import { judge } from './judge.mjs';

const LATE_MS = 1200;

const { values: options } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
    only: { type: 'string', default: '' },
    dist: { type: 'string', default: fileURLToPath(new URL('../../dist', import.meta.url)) },
    repeat: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
    watchdog: { type: 'boolean', default: false },
    healthy: { type: 'boolean', default: false },
    reports: { type: 'string', default: '100' },
  },
});

async function loadCases() {
  const names = readdirSync(new URL('cases', import.meta.url))
    .map((file) => file.replace(/\.mjs$/, ''))
    .filter((name) => `${name}`.includes(options.only.split(' ')[0] ?? ''));
  const cases = [];
  for (const name of names.sort()) {
    const { truth } = await import(`./cases/${name}.mjs`);
    for (const place of truth.places ?? ['main', 'worker']) cases.push({ name, place, truth });
  }
  return cases.filter((one) => isAsked(one) && (!options.watchdog || isHungMain(one)));
}

function isAsked({ name, place }) {
  return `${name} ${place}`.includes(options.only);
}

function isHungMain({ place, truth }) {
  return place === 'main' && truth.subject === undefined && truth.verdict !== null;
}

function has(node, module) {
  return execFileSync(node, ['-p', `process.getBuiltinModule(${JSON.stringify(module)}) !== undefined`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .toString()
    .startsWith('true');
}

/** A thread that this machine does not let run cannot be seen to hang: such a case is tried again. */
const TRIES = 3;

async function runCase(one, node) {
  for (let left = TRIES - 1; ; left--) {
    const result = await tryCase(one, node);
    if (left === 0 || result?.isCrowded !== true || result.wrong.length === 0) return result;
  }
}

async function tryCase(one, node) {
  if (options.healthy) return watchHealthy(one, { node, dist: options.dist, reports: Number(options.reports) });
  if (one.truth.needs !== undefined && !has(node, one.truth.needs)) return null;
  try {
    const { report, wallMs } = await observe(one, { node, dist: options.dist, watchdog: options.watchdog });
    const wrong = judge(report, one, markedLines(one));
    if (wrong.length > 0 && options.show) console.log(JSON.stringify(report, null, 1));
    const isCrowded = report.verdicts.some(({ code, basis }) => code === 'cpu-throttled' && basis === 'inferred');
    return {
      wrong,
      isCrowded,
      note: wallMs > LATE_MS && !options.watchdog ? `${Math.round(wallMs)} ms to stderr` : '',
    };
  } catch (error) {
    return { wrong: [error.message], note: '' };
  }
}

async function runLine(node, cases) {
  const version = execFileSync(node, ['--version']).toString().trim();
  const rows = [];
  for (const one of cases) {
    const result = await runCase(one, node);
    if (result === null) continue;
    rows.push({ ...one, ...result, version });
    process.stderr.write(result.wrong.length === 0 ? '.' : `\n${one.name} ${one.place}: ${result.wrong.join('; ')}\n`);
  }
  process.stderr.write('\n');
  return { version, rows };
}

function print(lines) {
  for (const { version, rows } of lines) {
    console.log(`\n${version}`);
    for (const { name, place, wrong, note } of rows) {
      const verdict = wrong.length === 0 ? 'right' : `WRONG ${wrong.join('; ')}`;
      console.log(`  ${name.padEnd(20)} ${place.padEnd(7)} ${verdict}${note === '' ? '' : `  (${note})`}`);
    }
  }
  console.log('');
  for (const { version, rows } of lines) {
    console.log(
      `${version.padEnd(10)} ${rows.filter(({ wrong }) => wrong.length === 0).length} / ${rows.length} cases right`,
    );
  }
}

const cases = options.healthy ? HEALTHY.filter(isAsked) : await loadCases();
const lines = [];
for (let round = 0; round < Number(options.repeat); round++) {
  for (const node of options.node) lines.push(await runLine(node, cases));
}
print(lines);
process.exitCode = cases.length > 0 && lines.every(({ rows }) => rows.every(({ wrong }) => wrong.length === 0)) ? 0 : 1;
