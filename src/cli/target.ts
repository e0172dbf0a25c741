/** The process that is to be asked: that it is there, ours, Node.js, instrumented, and that its signal does not end it. */
import { placesFor } from '../coordinator/asking/folder.js';
import { GuruError } from '../errors.js';
import { readNodeProcess } from './nodeProcesses.js';
import {
  readCommand,
  readEnvironment,
  readInnerUid,
  readRootOf,
  readStat,
  readStatus,
  requireProcfs,
} from './procfs.js';

export interface Target {
  pid: number;
  startTime: string;
  /** Its number as it knows it itself. */
  innerPid: number;
  uid: number;
  gid: number;
  /** Its user's number as it knows it itself. */
  innerUid: number;
  signal: number;
  /** Where a request can be left, as this process reaches it. */
  places: string[];
  /** The option `deadline`, as far as the environment tells. */
  deadlineMs: number;
}

const DEADLINE_MS = 1000;

/**
 * @throws {GuruError} `GMR_TARGET` for a process that cannot be asked, with the reason; `GMR_UNSUPPORTED` where there is
 * no procfs.
 */
export function readTarget(pid: number): Target {
  requireProcfs();
  const status = readStatus(pid);
  const stat = readStat(pid);
  if (status === null || stat === null) throw refused(pid, 'there is no such process');
  if (stat.state === 'Z' || stat.state === 'X')
    throw refused(pid, 'it has ended, and waits for its parent to take note');
  const found = readNodeProcess(pid);
  if (found === null) throw refused(pid, `it is not Node.js but ${readCommand(pid)[0] ?? stat.name}`);
  requireSameUser(pid, status.uid);
  if (found.instrumented !== true) throw notInstrumented(pid);
  if (found.signal === null)
    throw refused(pid, 'it listens to no signal that asks for a report (GMR_SIGNAL, or another listener)');
  if (stat.state === 'T' || stat.state === 't')
    throw refused(pid, 'it is stopped (SIGSTOP, or a debugger), and answers when it goes on');
  const environment = readEnvironment(pid);
  const root = readRootOf(pid);
  return {
    pid,
    startTime: stat.startTime,
    innerPid: status.innerPid,
    uid: status.uid,
    gid: status.gid,
    innerUid: readInnerUid(pid, status.uid),
    signal: found.signal,
    places: placesFor(environment ?? process.env).map((place) => `${root}${place}`),
    deadlineMs: Number(environment?.['GMR_DEADLINE_MS']) || DEADLINE_MS,
  };
}

/** Why a target that was there cannot answer any more; null while it can. */
export function reasonGone(target: Pick<Target, 'pid' | 'startTime'>): string | null {
  if (hasEnded(target)) return 'it ended while it was asked';
  const { state = '' } = readStat(target.pid) ?? {};
  return state === 'T' || state === 't' ? 'it was stopped (SIGSTOP, or a debugger) while it was asked' : null;
}

/** Whether it is there no more; its number may be another process's by now. */
export function hasEnded({ pid, startTime }: Pick<Target, 'pid' | 'startTime'>): boolean {
  const stat = readStat(pid);
  return stat === null || stat.startTime !== startTime || stat.state === 'Z' || stat.state === 'X';
}

export function refused(pid: number, why: string): GuruError {
  return new GuruError('GMR_TARGET', `process ${pid} cannot be asked: ${why}`);
}

function notInstrumented(pid: number): GuruError {
  return refused(pid, `it was started without guru-meditation/register; try gmr dump --attach ${pid}`);
}

/** Root may ask everybody's. */
function requireSameUser(pid: number, uid: number): void {
  const own = process.geteuid?.();
  if (own !== 0 && own !== uid) throw refused(pid, `it belongs to user ${uid}, and this is user ${own}`);
}
