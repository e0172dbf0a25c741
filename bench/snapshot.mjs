/**
 * What a report of many threads costs beside Node's own diagnostic report, in the same process:
 *   node bench/snapshot.mjs [NODE] [WORKERS] [SPINNING] [PROCESSES]
 * Prints, over fresh processes in turn: the time to the last thread's stack, the whole report, `process.report.getReport()`,
 * and the median of their ratios. The package must be built.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const [node = process.execPath, workers = '64', spinning = '8', processes = '5'] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');

const program = `
import { Worker } from 'node:worker_threads';
import { report } from ${JSON.stringify(join(root, 'dist/index.js'))};
const [workers, spinning] = [${Number(workers)}, ${Number(spinning)}];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (let i = 0; i < workers; i++) new Worker(i < spinning ? 'setTimeout(function spin() { for (;;); }, 3000)' : 'setInterval(() => {}, 1e6)', { eval: true });
await sleep(6500);
const r = await report();
const started = performance.now();
process.report.getReport();
const nodeMs = performance.now() - started;
const pause = Math.max(...r.threads.filter((thread) => thread.readBy === 'port').map((thread) => thread.pauseMs));
const unread = r.threads.filter((thread) => thread.stack.length === 0 && thread.state !== 'idle').length;
console.log(JSON.stringify({ stacksMs: r.report.stacksMs, durationMs: r.report.durationMs, nodeMs, pause, threads: r.threads.length, unread, spinning: r.threads.filter((thread) => thread.state === 'spinning').length }));
process.exit();
`;

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const rows = [];
for (let i = 0; i < Number(processes); i++) {
  const { stdout, stderr } = spawnSync(
    node,
    ['-r', join(root, 'dist/register.cjs'), '--input-type=module', '-e', program],
    { encoding: 'utf8', timeout: 120_000 },
  );
  try {
    rows.push(JSON.parse(stdout));
  } catch {
    console.error(stdout, stderr);
    process.exit(1);
  }
}
for (const row of rows)
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`)
      .join('  '),
  );
console.log(`${workers} workers, ${spinning} spinning, ${rows.length} processes of ${node}:`);
console.log(`  stacksMs / getReport  ${median(rows.map((row) => row.stacksMs / row.nodeMs)).toFixed(3)}`);
console.log(`  durationMs / getReport ${median(rows.map((row) => row.durationMs / row.nodeMs)).toFixed(3)}`);
console.log(`  longest pause of a healthy thread, ms: ${median(rows.map((row) => row.pause))}`);
