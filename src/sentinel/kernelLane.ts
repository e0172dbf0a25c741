/**
 * What the kernel knows of a thread, read from procfs (Linux; see proc(5)) without any JavaScript in that thread.
 * `processRoot` is the folder of the process, `/proc/self` but for tests. What cannot be read is null.
 */
import { basename } from 'node:path';
import type { KernelEvidence } from '../report/types.js';
import { readLink, readNumbers, readText } from './kernelFiles.js';
import { describeWait, type WaitOptions } from './kernelWait.js';

export const OWN_PROCESS = '/proc/self';

/** The kernel shows CPU time in ticks of 1/100 s on every architecture, whatever its own clock (USER_HZ). */
const TICK_MS = 10;

export interface KernelSample {
  osThreadId: number;
  /** `performance.now()` of the thread that took the sample. */
  at: number;
  comm: string;
  /** The scheduler's letter. */
  state: string;
  /** User and system time since the thread's start, in ticks of 10 ms. */
  cpuTicks: number;
  /** When the thread started, in ticks since the machine's start. */
  startTicks: number;
  switches: { voluntary: number; forced: number } | null;
  waitChannel: string | null;
  /** The call the thread waits in; null when it runs, is outside a call, or nobody may know. */
  syscall: { number: number; arguments: bigint[] } | null;
  /** Since the thread's start, ms. `runDelayMs` grows only when a wait for a CPU ends. */
  scheduled: { onCpuMs: number; runDelayMs: number; timeslices: number } | null;
}

/** All that is known of one thread; null when there is no such thread or its `stat` cannot be read. */
export function sampleThread(osThreadId: number, processRoot: string = OWN_PROCESS): KernelSample | null {
  const sample = sampleCheaply(osThreadId, processRoot);
  if (sample === null) return null;
  const folder = `${processRoot}/task/${osThreadId}`;
  const channel = readText(`${folder}/wchan`);
  return {
    ...sample,
    switches: parseSwitches(readText(`${folder}/status`)),
    waitChannel: channel === null || channel === '' || channel === '0' ? null : channel,
    syscall: readSyscall(osThreadId, processRoot),
  };
}

/** The thread of main, as procfs counts, which in a container may not be how `process.pid` does; null without one. */
export function mainThreadId(processRoot: string = OWN_PROCESS): number | null {
  const link = readLink(processRoot) ?? basename(processRoot);
  return /^\d+$/.test(link) ? Number(link) : null;
}

/** All threads of the process by OS thread id, from `stat` and `schedstat` alone; empty when they cannot be read. */
export function sampleAll(processRoot: string = OWN_PROCESS): Map<number, KernelSample> {
  const samples = new Map<number, KernelSample>();
  for (const osThreadId of readNumbers(`${processRoot}/task`)) {
    const sample = sampleCheaply(osThreadId, processRoot);
    if (sample !== null) samples.set(osThreadId, sample);
  }
  return samples;
}

/** The call a thread waits in; null when it runs, waits outside of a call, or may not be looked at. */
export function readSyscall(osThreadId: number, processRoot: string = OWN_PROCESS): KernelSample['syscall'] {
  const [number = '', ...values] = (readText(`${processRoot}/task/${osThreadId}/syscall`) ?? '').split(' ');
  if (!/^\d+$/.test(number) || !values.every((value) => /^0x[0-9a-f]{1,16}$/.test(value))) return null;
  return { number: Number(number), arguments: values.slice(0, 6).map((value) => BigInt(value)) };
}

/**
 * The evidence of two samples of one thread. State, wait channel and system call are those of the second; give the same
 * sample twice when there is only one.
 */
export function compareSamples(first: KernelSample, second: KernelSample, options: WaitOptions = {}): KernelEvidence {
  const wait = describeWait(second, options);
  const [before, after] = [first.scheduled, second.scheduled];
  const isScheduled = before !== null && after !== null;
  return {
    state: second.state,
    cpuTicks: Math.max(0, second.cpuTicks - first.cpuTicks),
    sampleMs: Math.max(0, second.at - first.at),
    waitChannel: second.waitChannel,
    syscall: wait.syscall,
    file: wait.file,
    onCpuMs: isScheduled ? Math.max(0, after.onCpuMs - before.onCpuMs) : null,
    runDelayMs: isScheduled ? Math.max(0, after.runDelayMs - before.runDelayMs) : null,
    contextSwitches: switchesBetween(first, second),
  };
}

/** CPU time between two samples in ms, from the finer of the two clocks that both samples have. */
export function cpuBetween(first: KernelSample, second: KernelSample): number {
  if (first.scheduled !== null && second.scheduled !== null)
    return Math.max(0, second.scheduled.onCpuMs - first.scheduled.onCpuMs);
  return Math.max(0, (second.cpuTicks - first.cpuTicks) * TICK_MS);
}

function switchesBetween(first: KernelSample, second: KernelSample): KernelEvidence['contextSwitches'] {
  if (first.switches === null || second.switches === null) return null;
  return {
    voluntary: Math.max(0, second.switches.voluntary - first.switches.voluntary),
    forced: Math.max(0, second.switches.forced - first.switches.forced),
  };
}

/** As `sampleThread`, from `stat` and `schedstat` alone. */
export function sampleCheaply(osThreadId: number, processRoot: string = OWN_PROCESS): KernelSample | null {
  const folder = `${processRoot}/task/${osThreadId}`;
  const stat = parseStat(readText(`${folder}/stat`));
  if (stat === null) return null;
  const scheduled = parseScheduled(readText(`${folder}/schedstat`));
  return { osThreadId, at: performance.now(), ...stat, scheduled, switches: null, waitChannel: null, syscall: null };
}

/** The name is the only field that may hold spaces and brackets, so the rest is counted from its last bracket. */
function parseStat(text: string | null): Pick<KernelSample, 'comm' | 'state' | 'cpuTicks' | 'startTicks'> | null {
  if (text === null) return null;
  const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
  if (open === -1 || close < open) return null;
  const fields = text.slice(close + 2).split(' ');
  const [state = '', ticks, startTicks] = [fields[0], Number(fields[11]) + Number(fields[12]), Number(fields[19])];
  if (!/^[A-Za-z]$/.test(state) || !Number.isFinite(ticks) || !Number.isFinite(startTicks)) return null;
  return { comm: text.slice(open + 1, close), state, cpuTicks: ticks, startTicks };
}

function parseScheduled(text: string | null): KernelSample['scheduled'] {
  const [onCpu, runDelay, timeslices] = (text ?? '').split(' ').map(Number);
  if (onCpu === undefined || runDelay === undefined || timeslices === undefined) return null;
  if (![onCpu, runDelay, timeslices].every((value) => Number.isFinite(value))) return null;
  if (timeslices === 0) return null; // A kernel that keeps no such account says `0 0 0`; a thread that ever ran has one.
  return { onCpuMs: onCpu / 1e6, runDelayMs: runDelay / 1e6, timeslices };
}

function parseSwitches(status: string | null): KernelSample['switches'] {
  const voluntary = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status ?? '')?.[1];
  const forced = /^nonvoluntary_ctxt_switches:\s*(\d+)$/m.exec(status ?? '')?.[1];
  if (voluntary === undefined || forced === undefined) return null;
  return { voluntary: Number(voluntary), forced: Number(forced) };
}

/** How often a thread has been given a CPU, or has given one up; null where the kernel does not count. */
export function wakingsOf(kernel: KernelSample | null): number | null {
  return kernel?.scheduled?.timeslices ?? kernel?.switches?.voluntary ?? null;
}
