/** One case as a real process with the preload: started, signalled when it hangs, read, and ended by its process id. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
/** A case hangs for longer than the second from which on a thread counts as stuck. */
const HANG_MS = 1400;
/** A loop that has not turned for this long makes the watchdog report. */
const WATCHDOG_MS = 1500;
const READY_WITHIN_MS = 15_000;
const REPORT_WITHIN_MS = 8000;

/**
 * The report of one case in one place, and the time from the signal to its last line, ms. With `watchdog` nobody sends a
 * signal, and the report has to come by itself.
 * @throws {Error} when the program does not get ready, or no report comes; with what it wrote on stderr.
 */
export async function observe({ name, place, truth }, { node, dist, watchdog }) {
  return whileRunning({ name, place, truth }, { node, dist, watchdog }, async ({ pid, nextReport }) => {
    if (!watchdog) await sleep(truth.waitMs ?? HANG_MS);
    const signalled = performance.now();
    if (!watchdog) process.kill(pid, 'SIGUSR2');
    const report = await nextReport();
    return { report, wallMs: performance.now() - signalled };
  });
}

/** Has `use` work with the program of a case, from when it is ready; ends it in any case. */
export async function whileRunning({ name, place, truth }, { node, dist, watchdog }, use) {
  const scratch = mkdtempSync(join(tmpdir(), 'gmr-zoo-'));
  const output = { text: '' };
  const child = start({ name, place, truth }, { node, dist, watchdog, fifo: makeFifo(scratch) }, output);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    const pid = await readyPid(child, output);
    return await use({ pid, nextReport: () => reportIn(output, gone), said: () => output.text });
  } finally {
    end(child.pid);
    await Promise.race([gone, sleep(2000)]);
    for (const stream of child.stdio) stream?.destroy();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function start({ name, place, truth }, { node, dist, watchdog, fifo }, output) {
  const entry =
    truth.program === undefined ? [join(FOLDER, 'launch.mjs'), name] : [join(FOLDER, 'programs', truth.program)];
  const options = place === 'main' ? (truth.nodeOptions ?? []) : [];
  const command = [node, ...options, '-r', join(dist, 'register.cjs'), ...entry, place, ...(truth.arguments ?? [])];
  // A pipe as a shell makes it, which nobody reads: what `spawn` makes are sockets.
  const whole = truth.stdout === 'full pipe' ? ['/bin/sh', '-c', '"$@" | sleep 15', 'sh', ...command] : command;
  const env = { ...process.env, GMR_FORMAT: 'json', ZOO_FIFO: fifo, NODE_OPTIONS: '', NO_COLOR: '1' };
  if (watchdog) env.GMR_WATCHDOG_MS = String(Math.max(WATCHDOG_MS, truth.waitMs ?? 0));
  // In a group of its own, so that the children of a case (`sleep`) end together with it.
  const child = spawn(whole[0], whole.slice(1), { env, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    output.text += chunk;
  });
  return child;
}

function makeFifo(folder) {
  const fifo = join(folder, 'zoo-fifo');
  if (process.platform !== 'win32') execFileSync('mkfifo', [fifo]);
  return fifo;
}

async function readyPid(child, output) {
  let text = '';
  child.stdio[3].setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until && child.exitCode === null) {
    const pid = /^ready (\d+)$/m.exec(text)?.[1];
    if (pid !== undefined) return Number(pid);
    await sleep(20);
  }
  throw new Error(`did not get ready: ${output.text.slice(-2000)}`);
}

async function reportIn(output, gone) {
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  const until = performance.now() + REPORT_WITHIN_MS;
  while (performance.now() < until && !isGone) {
    const begin = output.text.search(/^\{$/m);
    const end = begin < 0 ? -1 : output.text.indexOf('\n}\n', begin);
    if (end >= 0) {
      const text = output.text.slice(begin, end + 2);
      output.text = output.text.slice(0, begin) + output.text.slice(end + 3);
      return JSON.parse(text);
    }
    await sleep(10);
  }
  throw new Error(`${isGone ? 'the process ended' : 'no report'}: ${output.text.slice(-2000)}`);
}

/** The group that this process leads; it is one of ours, and nothing else is in it. */
function end(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** The lines of the files of a case that carry the mark `<- here`, or stand above one that is nothing else. */
export function markedLines({ name, truth }) {
  const files = [
    `cases/${name}.mjs`,
    ...(truth.program === undefined
      ? []
      : [`programs/${truth.program}`, 'programs/piscinaTasks.mjs', 'programs/jestTasks.cjs']),
  ];
  return files.flatMap((file) => {
    const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      line.includes('<- here') ? [line.trim() === '// <- here' ? index : index + 1] : [],
    );
  });
}
