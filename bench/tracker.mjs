/**
 * What the green threads tracker costs: pairs of fresh processes in turn, the same work with and without it, medians of
 * the ratios of CPU time. A control (without against without) is printed beside, so that noise can be told from cost.
 *
 *   node bench/tracker.mjs [--node <binary>] [--pairs 10] [--works http,await,timers,fs] [--mode on] [--preload <file>]
 *
 * `--preload` measures any other file loaded by `-r` in place of the tracker, to hold other designs against it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROUNDS = 3;

const leaf = async (value) => {
  await undefined; // oxlint-disable-line unicorn/no-unnecessary-await -- a turn through the microtask queue is the work
  return value;
};

/** Each work resolves with the number of its operations. */
const works = {
  async await() {
    let sum = 0;
    for (let index = 0; index < 300_000; index++) sum += await leaf(index);
    return sum > 0 ? 300_000 : 0;
  },
  async timers() {
    for (let round = 0; round < 100; round++) {
      await new Promise((resolve) => {
        let fired = 0;
        for (let index = 0; index < 1000; index++) setTimeout(() => ++fired === 1000 && resolve(), 0);
      });
    }
    return 100_000;
  },
  async fs() {
    for (let index = 0; index < 15_000; index++) await fs.stat(tmpdir());
    return 15_000;
  },
  async http() {
    const total = 8000;
    const server = createServer(async (request, response) => response.end(String(await leaf(1))));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    await requestAll(total, { agent, host: '127.0.0.1', port: server.address().port });
    server.close();
    agent.destroy();
    return total;
  },
};

function requestAll(total, options) {
  return new Promise((resolve) => {
    let started = 0;
    let done = 0;
    const next = () => {
      if (started++ >= total) return;
      get(options, (response) => {
        response.resume();
        response.on('end', () => (++done === total ? resolve() : next()));
      });
    };
    for (let lane = 0; lane < 32; lane++) next();
  });
}

/** Runs in the measured process: microseconds of CPU an operation, of the least disturbed round. */
async function measured(work) {
  await works[work]();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    const operations = await works[work]();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / operations);
  }
  process.stdout.write(JSON.stringify(best));
  process.exit();
}

async function buildPreload(directory, mode) {
  const { buildSync } = await import('esbuild');
  const bundle = join(directory, 'tracker.cjs');
  const entryPoints = [fileURLToPath(new URL('../src/tasks/tracker.ts', import.meta.url))];
  buildSync({
    entryPoints,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outfile: bundle,
    logLevel: 'error',
  });
  const preload = join(directory, 'preload.cjs');
  const start = `const tracker = require('./tracker.cjs').installTracker(${JSON.stringify(mode)}, { payloadBytes: 0 });`;
  writeFileSync(preload, `${start}\nsetInterval(() => tracker.beat(), 250).unref();\n`);
  return preload;
}

function run(node, work, preload) {
  const self = fileURLToPath(import.meta.url);
  const child = spawnSync(node, [...(preload ? ['-r', preload] : []), self, '--measure', work], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${work} failed: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

const median = (values) => values.toSorted((left, right) => left - right)[values.length >> 1];

function compare(node, work, preload, pairs) {
  const ratios = [];
  const controls = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = [null, preload, null];
    if (pair % 2 === 1) order.reverse();
    const [first, tracked, last] = order.map((file) => run(node, work, file));
    ratios.push((2 * tracked) / (first + last));
    controls.push(last / first);
  }
  const spread = ratios.toSorted((left, right) => left - right);
  return {
    work,
    ratio: median(ratios),
    low: spread[pairs >> 2],
    high: spread[(pairs * 3) >> 2],
    control: median(controls),
  };
}

const { values } = parseArgs({
  options: {
    measure: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    pairs: { type: 'string', default: '10' },
    works: { type: 'string', default: 'http,await,timers,fs' },
    mode: { type: 'string', default: 'on' },
    preload: { type: 'string' },
  },
});

if (values.measure !== undefined) {
  await measured(values.measure);
} else {
  const directory = mkdtempSync(join(tmpdir(), 'gmr-bench-'));
  try {
    const preload = values.preload ?? (await buildPreload(directory, values.mode));
    const version = spawnSync(values.node, ['-p', 'process.version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`${version}  tasks ${values.mode}  ${values.pairs} pairs  CPU time, tracked : bare`);
    for (const work of values.works.split(',')) {
      const row = compare(values.node, work, preload, Number(values.pairs));
      const range = `${row.low.toFixed(3)} .. ${row.high.toFixed(3)}`;
      console.log(
        `${work.padEnd(8)} ${row.ratio.toFixed(3)}  (half of them within ${range}; control ${row.control.toFixed(3)})`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
