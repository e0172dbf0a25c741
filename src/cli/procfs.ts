/** What Linux tells of a process to whoever may look: single facts, each null where it cannot be read. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { GuruError } from '../errors.js';

const PROC = '/proc';

/** Clock ticks a second in procfs: 100 on every architecture that Node.js runs on (`USER_HZ`, time(7)). */
const TICK_MS = 10;

export interface ProcessStat {
  pid: number;
  ppid: number;
  /** The name of its main thread. */
  name: string;
  /** One letter, as in proc_pid_stat(5): `R`, `S`, `Z`, `T`, ... */
  state: string;
  threads: number;
  /** Used by all of its threads since it was started, ms. */
  cpuMs: number;
  /** In clock ticks since boot: tells it from another process that gets the same number. */
  startTime: string;
}

/** @throws {GuruError} `GMR_UNSUPPORTED` where there is no procfs. */
export function requireProcfs(): void {
  if (readText('self/stat') !== null) return;
  throw new GuruError(
    'GMR_UNSUPPORTED',
    `other processes can be looked at on Linux alone (/proc), not on ${process.platform}`,
  );
}

export function listPids(): number[] {
  return listNames('.')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((one, other) => one - other);
}

export function readStat(pid: number): ProcessStat | null {
  const text = readText(`${pid}/stat`);
  if (text === null) return null;
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state, ppid] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return null;
  return {
    pid,
    ppid: Number(ppid),
    name: text.slice(text.indexOf('(') + 1, end),
    state,
    threads: Number(fields[17]),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    startTime,
  };
}

export interface ProcessStatus {
  /** Effective. */
  uid: number;
  gid: number;
  /** Its number in each of its namespaces, the innermost last. */
  innerPid: number;
  /** Whether the signal with this number has a handler. */
  catches(signal: number): boolean;
}

export function readStatus(pid: number): ProcessStatus | null {
  const text = readText(`${pid}/status`);
  if (text === null) return null;
  const field = (name: string): string[] => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1]?.split(/\s+/) ?? [];
  const caught = BigInt(`0x${field('SigCgt')[0] ?? '0'}`);
  return {
    uid: Number(field('Uid')[1]),
    gid: Number(field('Gid')[1]),
    innerPid: Number(field('NSpid').at(-1) ?? pid),
    catches: (signal) => signal > 0 && ((caught >> BigInt(signal - 1)) & 1n) === 1n,
  };
}

/** The names of all threads, by their kernel ids. */
export function readThreadNames(pid: number): string[] {
  return listNames(`${pid}/task`).flatMap((thread) => readText(`${pid}/task/${thread}/comm`)?.trim() ?? []);
}

export function readCommand(pid: number): string[] {
  return (readText(`${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/** As it was started; null where it belongs to somebody else. */
export function readEnvironment(pid: number): Record<string, string> | null {
  const text = readText(`${pid}/environ`);
  if (text === null) return null;
  const entries = text.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

export function readExecutable(pid: number): string | null {
  return readLink(`${pid}/exe`);
}

/** What to put in front of a path that the process uses: nothing where it sees the same files as this one. */
export function readRootOf(pid: number): string {
  const isSameSpace =
    readLink(`${pid}/ns/mnt`) === readLink('self/ns/mnt') && readLink(`${pid}/root`) === readLink('self/root');
  // Nobody may look: the process changed its user, which says nothing of its files.
  return isSameSpace || readLink(`${pid}/root`) === null ? '' : `${PROC}/${pid}/root`;
}

/** The user's number inside of the process's user namespace (user_namespaces(7)): in a container it may be another one. */
export function readInnerUid(pid: number, uid: number): number {
  for (const line of (readText(`${pid}/uid_map`) ?? '').split('\n')) {
    const [inner = Number.NaN, outer = Number.NaN, count = 0] = line.trim().split(/\s+/).map(Number);
    if (uid >= outer && uid < outer + count) return inner + uid - outer;
  }
  return uid;
}

function readText(path: string): string | null {
  try {
    return readFileSync(`${PROC}/${path}`, 'utf8');
  } catch {
    return null;
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(`${PROC}/${path}`);
  } catch {
    return null;
  }
}

function listNames(path: string): string[] {
  try {
    return readdirSync(`${PROC}/${path}`);
  } catch {
    return [];
  }
}
