/** The process that is to be read from outside, and whether it may be: nothing is sent to one that could be hurt by it. */
import { constants } from 'node:os';
import { GuruError } from '../../errors.js';
import { isNodeName } from '../../sections/nodeCommands.js';
import { readLink, readText } from '../../sentinel/kernelFiles.js';
import { readCommand, readEnvironment, readExecutable, readStat, readStatus, requireProcfs } from '../procfs.js';

/** The kernel counts the start of a process in ticks of 1/100 s since its own (USER_HZ, time(7)). */
const TICK_MS = 10;

export interface Target {
  pid: number;
  ppid: number;
  /** Its folder in procfs. */
  folder: string;
  /** Tells it from another process that gets the same number later. */
  startTime: string;
  uptimeMs: number;
  /** Its whole command line, the executable first. */
  command: string[];
  environment: Record<string, string>;
  /** Whether SIGUSR1 does not end it: Node has a handler for it unless it was told not to. */
  catchesSignal: boolean;
}

/**
 * @throws {GuruError} `GMR_TARGET` for what cannot be read: no such process, no Node.js, another user's, stopped, in a
 * network of its own; `GMR_UNSUPPORTED` where there is no procfs.
 */
export function readTarget(pid: number): Target {
  requireProcfs();
  const [stat, status] = [readStat(pid), readStatus(pid)];
  if (stat === null || status === null) throw refused(pid, 'there is no such process');
  const folder = `/proc/${pid}`;
  const reason =
    (hasEnded(stat.state) ? 'it has ended, and waits for its parent to take note' : null) ??
    whyNotOurs(status.uid) ??
    whyNotLeader(pid, folder) ??
    whyNotNode(pid, stat.name) ??
    whyOutOfReach(folder) ??
    (/^[Tt]$/.test(stat.state) ? 'it is stopped (SIGSTOP, or a debugger), and answers when it goes on' : null);
  if (reason !== null) throw refused(pid, reason);
  return {
    pid,
    ppid: stat.ppid,
    folder,
    startTime: stat.startTime,
    uptimeMs: uptimeOf(stat.startTime),
    command: readCommand(pid),
    environment: readEnvironment(pid) ?? {},
    catchesSignal: status.catches(constants.signals.SIGUSR1),
  };
}

/** Whether it is still there, and no other process has its number by now. */
export function isAlive({ pid, startTime }: Pick<Target, 'pid' | 'startTime'>): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && !hasEnded(stat.state);
}

/** The error of a process that is not attached to. */
export function refused(pid: number, why: string): GuruError {
  return new GuruError('GMR_TARGET', `process ${pid} cannot be attached to: ${why}`);
}

/** The error of a process that is gone. */
export function ended(pid: number): GuruError {
  return new GuruError('GMR_TARGET', `process ${pid} ended while it was read`);
}

function hasEnded(state: string): boolean {
  return state === 'Z' || state === 'X';
}

/** Root may read everybody's. */
function whyNotOurs(user: number): string | null {
  const own = process.geteuid?.();
  return own === 0 || own === user ? null : `it belongs to user ${user}, and this is user ${own}`;
}

function whyNotLeader(pid: number, folder: string): string | null {
  const leader = Number(/^Tgid:\s*(\d+)$/m.exec(readText(`${folder}/status`) ?? '')?.[1] ?? pid);
  return leader === pid ? null : `it is a thread of process ${leader}`;
}

function whyNotNode(pid: number, name: string): string | null {
  const executable = readExecutable(pid) ?? readCommand(pid)[0] ?? name;
  return isNodeName(executable) ? null : `it is not Node.js but ${executable}`;
}

/** Loopback is another one in each network namespace; null where nobody may look. */
function whyOutOfReach(folder: string): string | null {
  const [own, other] = [readLink('/proc/self/ns/net'), readLink(`${folder}/ns/net`)];
  if (own === null || other === null || own === other) return null;
  return 'it is in another network namespace (a container?); run gmr inside of that one';
}

function uptimeOf(startTime: string): number {
  const sinceBoot = Number((readText('/proc/uptime') ?? '').split(' ')[0]) * 1000;
  return Math.max(0, Math.round((sinceBoot || 0) - Number(startTime) * TICK_MS));
}
