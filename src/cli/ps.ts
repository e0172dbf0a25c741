/** `gmr ps`: the Node.js processes of this machine, and whether their main loops turn. */
import { setTimeout as delay } from 'node:timers/promises';
import { GuruError } from '../errors.js';
import { spokenTime } from '../report/durations.js';
import { escape, escapeJson } from '../view/escape.js';
import { askForCheck } from './askForCheck.js';
import { EXIT, readWords, type Command } from './command.js';
import { inParallel } from './inParallel.js';
import { nodeProcesses, type NodeProcess } from './nodeProcesses.js';
import { writeAll } from './output.js';
import { readStat } from './procfs.js';
import { withProgress } from './progress.js';

const AT_ONCE = 8;
/** How long each of them may take to say how it is, in ms. */
const PATIENCE_MS = 3000;
/** The share of a CPU is measured over this, in ms. */
const SAMPLE_MS = 250;

/** A process as it is listed. */
export interface PsRow {
  pid: number;
  ppid: number;
  name: string;
  /** Null where nobody may look. */
  instrumented: boolean | null;
  threads: number;
  /** Of one CPU, over a quarter of a second. */
  cpuShare: number;
  /** How long since main's loop turned, in ms; null where it does not tell. */
  mainTurnedAgoMs: number | null;
  /** Whether any of its threads is stuck; null where it does not tell. */
  stuck: boolean | null;
}

export const ps: Command = {
  takes: '',
  summary: 'The Node.js processes of this machine, and whether they turn',
  options: {
    json: { type: 'boolean', help: 'as a list' },
    quick: { type: 'boolean', help: 'ask no process how it is: only what the kernel tells' },
  },
  notes: ['Instrumented processes of this user are asked for their heartbeats, as gmr check does. Exit code: 0.'],
  run: runPs,
};

async function runPs(words: string[]): Promise<number> {
  const { values, positionals } = readWords('ps', ps, words);
  if (positionals.length > 0) throw new GuruError('GMR_USAGE', `ps: expected no arguments, got ${positionals.length}`);
  const processes = nodeProcesses().filter(({ pid }) => pid !== process.pid);
  const sampledMs = performance.now();
  await delay(SAMPLE_MS);
  const shares = processes.map((one) => shareOf(one, performance.now() - sampledMs));
  const rows = await withProgress(({ step, signal }) => {
    step(`asks ${processes.length} processes how they are`);
    return inParallel([...processes.entries()], AT_ONCE, async ([index, one]) =>
      rowOf(one, shares[index] ?? 0, values['quick'] === true ? null : await heartbeatsOf(one, signal)),
    );
  });
  writeAll(values['json'] === true ? `${escapeJson(JSON.stringify(rows, null, 2))}\n` : asTable(rows));
  return EXIT.done;
}

function shareOf({ pid, cpuMs, startTime }: NodeProcess, overMs: number): number {
  const now = readStat(pid);
  return now === null || now.startTime !== startTime ? 0 : Math.round(((now.cpuMs - cpuMs) / overMs) * 100) / 100;
}

type Heartbeats = Pick<PsRow, 'mainTurnedAgoMs' | 'stuck'>;

async function heartbeatsOf(
  { pid, instrumented, signal, uid }: NodeProcess,
  stop: AbortSignal,
): Promise<Heartbeats | null> {
  const own = process.geteuid?.();
  if (instrumented !== true || signal === null || (own !== 0 && own !== uid)) return null;
  try {
    const { threads } = await askForCheck(pid, { signal: stop, patienceMs: PATIENCE_MS });
    return {
      mainTurnedAgoMs: threads.find(({ threadId }) => threadId === 0)?.turnedAgoMs ?? null,
      stuck: threads.some(({ state }) => state === 'stuck'),
    };
  } catch (error) {
    if (stop.aborted) throw error;
    return null;
  }
}

function rowOf(
  { pid, ppid, name, instrumented, threads }: NodeProcess,
  cpuShare: number,
  heartbeats: Heartbeats | null,
): PsRow {
  const { mainTurnedAgoMs, stuck } = heartbeats ?? { mainTurnedAgoMs: null, stuck: null };
  return { pid, ppid, name, instrumented, threads, cpuShare, mainTurnedAgoMs, stuck };
}

/** With a head line; names of others are text that any terminal can show. */
export function asTable(rows: readonly PsRow[]): string {
  const cells = [['PID', 'INSTRUMENTED', 'THREADS', 'CPU', 'MAIN TURNED', 'NAME'], ...rows.map(cellsOf)];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells
    .map((row) =>
      row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell)).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function cellsOf({ pid, instrumented, threads, cpuShare, mainTurnedAgoMs, stuck, name }: PsRow): string[] {
  const known = instrumented === null ? '?' : instrumented ? 'yes' : 'no';
  const turned = mainTurnedAgoMs === null ? '-' : `${spokenTime(mainTurnedAgoMs)} ago`;
  const alarm = stuck === true ? ', STUCK' : '';
  return [String(pid), known, String(threads), `${Math.round(cpuShare * 100)}%`, `${turned}${alarm}`, escape(name)];
}
