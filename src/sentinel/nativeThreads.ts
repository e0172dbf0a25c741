/** The OS threads of the process that run no JavaScript: the libuv pool, V8's helpers and whatever add-ons start. */
import type { ProcessFacts } from '../report/types.js';
import { isLockWait } from '../report/nativeWait.js';
import { THRESHOLDS } from '../report/thresholds.js';
import { cpuBetween, readSyscall, type KernelSample } from './kernelLane.js';
import { syscallName } from './syscalls.js';

const POOL_NAME = 'libuv-worker';
/** Names that Node gives its own threads on lines that name them; 20 names none, and all are called as the process is. */
const NAMED = /^(node-)?(libuv-worker|V8Worker|DelayedTaskSche|SignalInspector)/;
/** A Node that names no threads starts one for delayed tasks, four for V8 and one for the inspector's signal; then the pool. */
const UNNAMED_BEFORE_POOL = 6;
/** The threads of the pool are all started at once, by its first work. */
const POOL_START_TICKS = 5;
const DEFAULT_POOL_SIZE = 4;
const MOST_POOL_SIZE = 1024;

export interface NativeOptions {
  processRoot?: string;
  /** The size of the libuv pool; from `UV_THREADPOOL_SIZE` when not given. */
  poolSize?: number;
  /** As `process.arch` names it. */
  architecture?: string;
}

/**
 * How many native threads there are (all but `javascriptThreads`, given by their OS thread ids), the CPU time they had
 * between two looks (`sampleAll`), and how many of the libuv pool were busy all that time. Call it right after the second
 * look: what a thread waits in is read now. Where Node does not name its threads the pool is found by elimination;
 * `libuvPoolBusy` is null where that leaves a doubt.
 */
export function nativeThreads(
  javascriptThreads: Iterable<number>,
  first: ReadonlyMap<number, KernelSample>,
  second: ReadonlyMap<number, KernelSample>,
  options: NativeOptions = {},
): ProcessFacts['nativeThreads'] {
  if (second.size === 0) return null;
  const poolSize = options.poolSize ?? configuredPoolSize(process.env['UV_THREADPOOL_SIZE']);
  const javascript = new Set(javascriptThreads);
  const native = [...second.values()].filter(({ osThreadId }) => !javascript.has(osThreadId));
  const pool = poolOf(native, second.get(Math.min(...second.keys()))?.comm ?? null, poolSize);
  const cpuMs = native.reduce((sum, sample) => sum + cpuBetween(first.get(sample.osThreadId) ?? sample, sample), 0);
  return {
    count: native.length,
    libuvPoolSize: pool !== null && pool.length > 0 ? pool.length : poolSize,
    libuvPoolBusy: pool === null ? null : countBusy(pool, first, options),
    cpuMs: Math.round(cpuMs),
  };
}

/** The pool's size as libuv reads it from `UV_THREADPOOL_SIZE`: 4 when not set, at least 1, at most 1024. */
export function configuredPoolSize(variable: string | undefined): number {
  if (variable === undefined || variable === '') return DEFAULT_POOL_SIZE;
  const size = Number.parseInt(variable, 10);
  return Number.isNaN(size) || size === 0 ? 1 : size < 0 ? MOST_POOL_SIZE : Math.min(size, MOST_POOL_SIZE);
}

/** The threads of the pool, none when it has not started; null where nobody can tell which they are. */
function poolOf(native: KernelSample[], mainComm: string | null, poolSize: number): KernelSample[] | null {
  if (native.some(({ comm }) => NAMED.test(comm))) return native.filter(({ comm }) => comm.startsWith(POOL_NAME));
  if (!native.every(({ comm }) => comm === mainComm)) return null;
  const inOrder = native.sort((one, other) => one.startTicks - other.startTicks || one.osThreadId - other.osThreadId);
  if (inOrder.length < UNNAMED_BEFORE_POOL) return null;
  const later = inOrder.slice(UNNAMED_BEFORE_POOL);
  const starts = later.map(({ startTicks }) => startTicks);
  const isPool = later.length === poolSize && Math.max(...starts) - Math.min(...starts) <= POOL_START_TICKS;
  return later.length === 0 || isPool ? later : null;
}

function countBusy(
  pool: KernelSample[],
  first: ReadonlyMap<number, KernelSample>,
  options: NativeOptions,
): number | null {
  let busy = 0;
  for (const sample of pool) {
    const waits = isWaiting(sample, options);
    if (waits === null) return null;
    const before = first.get(sample.osThreadId);
    if (!waits && before !== undefined && wasBusy(before, sample)) busy += 1;
  }
  return busy;
}

/** Busy at one look is chance: it had CPU in between, or sat in one and the same wait all the time. */
function wasBusy(before: KernelSample, sample: KernelSample): boolean {
  const share = cpuBetween(before, sample) / Math.max(1, sample.at - before.at);
  const isSameWait = before.scheduled !== null && before.scheduled.timeslices === sample.scheduled?.timeslices;
  return share >= THRESHOLDS.onCpuShare || isSameWait || (before.state !== 'S' && sample.state !== 'S');
}

/** Idle pool threads wait for a condition, which is a futex; work that itself waits for a lock is taken for idle. */
function isWaiting(sample: KernelSample, { processRoot, architecture = process.arch }: NativeOptions): boolean | null {
  if (sample.state === 'R' || sample.state === 'D') return false;
  const syscall = readSyscall(sample.osThreadId, processRoot);
  return syscall === null ? null : isLockWait(syscallName(syscall.number, architecture));
}
