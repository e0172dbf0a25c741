/** The Node.js processes of this machine, and which of them can be asked for a report. */
import { constants } from 'node:os';
import { basename } from 'node:path';
import { signalInName } from '../coordinator/asking/threadName.js';
import { isOff, signals } from '../optionChecks.js';
import { isStopSignal } from '../coordinator/stopSignals.js';
import { isNodeName, preloads } from '../sections/nodeCommands.js';
import {
  listPids,
  readCommand,
  readEnvironment,
  readExecutable,
  readStat,
  readStatus,
  readThreadNames,
  requireProcfs,
  type ProcessStat,
} from './procfs.js';

export interface NodeProcess {
  pid: number;
  ppid: number;
  /** Its service's name where the environment has one, else its script, else that of its executable. */
  name: string;
  command: string[];
  /** Effective user. */
  uid: number;
  /** Whether this package is in it; null where nobody may look. */
  instrumented: boolean | null;
  /** The number of the signal that asks it for a report, which it handles; null when there is none. */
  signal: number | null;
  /** Of the kernel: V8's and libuv's own are among them. */
  threads: number;
  /** Used since it was started, ms. */
  cpuMs: number;
  /** One letter, as in proc_pid_stat(5). */
  state: string;
  /** Tells it from another process that gets the same number later. */
  startTime: string;
}

/**
 * All that run, by pid; those of other users as far as they can be seen. Zombies are left out.
 * @throws {GuruError} `GMR_UNSUPPORTED` where there is no procfs.
 */
export function nodeProcesses(): NodeProcess[] {
  requireProcfs();
  return listPids().flatMap((pid) => readNodeProcess(pid) ?? []);
}

/**
 * The Node.js processes below this one at any depth, also those behind shells and other programs, by pid.
 * @throws {GuruError} `GMR_UNSUPPORTED` where there is no procfs.
 */
export function descendantsOf(pid: number): NodeProcess[] {
  requireProcfs();
  const parents = new Map(listPids().flatMap((one) => [[one, readStat(one)?.ppid ?? 0] as const]));
  const isBelow = (one: number): boolean => {
    const seen = new Set<number>();
    for (let at = parents.get(one) ?? 0; at > 0 && !seen.has(at); at = parents.get(at) ?? 0) {
      if (at === pid) return true;
      seen.add(at);
    }
    return false;
  };
  return [...parents.keys()].filter(isBelow).flatMap((one) => readNodeProcess(one) ?? []);
}

/** Null for a pid that is gone, a zombie, or not Node.js as far as one can see. */
export function readNodeProcess(pid: number): NodeProcess | null {
  const stat = readStat(pid);
  const status = readStatus(pid);
  if (stat === null || status === null || stat.state === 'Z' || stat.state === 'X') return null;
  const command = readCommand(pid);
  const named = readThreadNames(pid)
    .map(signalInName)
    .find((found) => found !== null);
  if (named === undefined && !isNodeName(readExecutable(pid) ?? command[0] ?? '')) return null;
  const environment = readEnvironment(pid);
  const told = named ?? signalByCommand(command, environment);
  return {
    pid,
    ppid: stat.ppid,
    name: nameOf(command, environment, stat),
    command,
    uid: status.uid,
    instrumented: named !== undefined ? true : environment === null ? null : told !== null,
    signal: told !== null && status.catches(told) ? told : null,
    threads: stat.threads,
    cpuMs: stat.cpuMs,
    state: stat.state,
    startTime: stat.startTime,
  };
}

/**
 * For a process without a sentinel, or that has none yet: what its command line and its environment say; 0 for no
 * signal, null when it is not instrumented.
 */
export function signalByCommand(command: readonly string[], environment: Record<string, string> | null): number | null {
  const words = ['node', ...(environment?.['NODE_OPTIONS'] ?? '').split(/\s+/)];
  if (isOff(environment?.['GMR']) || !(preloads(command) || preloads(words))) return null;
  // Whether main may read a request then, only its sentinel knows.
  if ([...command, ...words].some((word) => /^--(?:experimental-)?permission$/.test(word))) return 0;
  // Who sends a stop signal to ask for a report ends the process.
  const name = (signals(environment?.['GMR_SIGNAL'] || undefined) ?? ['SIGUSR2']).find((one) => !isStopSignal(one));
  return constants.signals[name as NodeJS.Signals] ?? 0;
}

/** A name for a person: `billing-api`, `server.js`, `vitest`. */
export function nameOf(
  command: readonly string[],
  environment: Record<string, string> | null,
  { name }: Pick<ProcessStat, 'name'>,
): string {
  const service = environment?.['GMR_SERVICE_NAME'];
  if (service !== undefined && service !== '') return service;
  const script = scriptOf(command);
  return script === null ? name : basename(script);
}

/** The first word that is no flag of Node.js, nor the value of one. */
function scriptOf(command: readonly string[]): string | null {
  for (let index = 1; index < command.length; index++) {
    const word = command[index] ?? '';
    if (/^(?:-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file)$/.test(word)) index++;
    else if (/^(?:-e|-p|-pe|--eval|--print)$/.test(word)) return null;
    else if (word !== '' && !word.startsWith('-')) return word;
  }
  return null;
}
