/** The process that is to be read from outside, and whether it may be: nothing is sent to one that could be hurt by it. */
import { constants } from 'node:os';
import { GuruError } from '../../errors.js';
import { isNodeName } from '../../sections/nodeCommands.js';
import { readLink, readText } from '../../sentinel/kernelFiles.js';
import { sampleThread } from '../../sentinel/kernelLane.js';

/** The kernel counts the start of a process in ticks of 1/100 s since its own (USER_HZ). */
const TICK_MS = 10;

export interface Target {
  pid: number;
  ppid: number;
  /** Its folder in procfs. */
  folder: string;
  /** Tells it from another process that gets the same number later; in ticks since boot. */
  startTicks: number;
  uptimeMs: number;
  /** Its whole command line, the executable first. */
  command: string[];
  environment: Record<string, string>;
  /** Whether SIGUSR1 opens its inspector: Node has a handler for it unless it was told not to. */
  catchesSignal: boolean;
}

/**
 * @param root - where procfs is mounted
 * @throws {GuruError} `GMR_USAGE` for what cannot be read: no such process, no Node.js, another user's, stopped, in a
 * network of its own; `GMR_UNSUPPORTED` where there is no procfs.
 */
export function readTarget(pid: number, root = '/proc', ownUser: number | null = process.geteuid?.() ?? null): Target {
  if (readText(`${root}/self/stat`) === null)
    throw new GuruError('GMR_UNSUPPORTED', `--attach needs Linux's procfs, and there is none at ${root}`);
  const folder = `${root}/${pid}`;
  const sample = sampleThread(pid, folder);
  const status = readText(`${folder}/status`);
  if (sample === null || status === null || /^[ZX]$/.test(sample.state)) throw refused(pid, 'there is no such process');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const reason =
    whyNotOurs(field('Uid'), ownUser) ??
    whyNotLeader(pid, field('Tgid')) ??
    whyNotNode(folder) ??
    whyOutOfReach(folder, root) ??
    (/^[Tt]$/.test(sample.state) ? 'it is stopped, by a signal or a debugger, and answers nobody' : null);
  if (reason !== null) throw refused(pid, reason);
  return {
    pid,
    ppid: Number(field('PPid')),
    folder,
    startTicks: sample.startTicks,
    uptimeMs: uptimeOf(sample.startTicks, root),
    command: words(`${folder}/cmdline`),
    environment: Object.fromEntries(words(`${folder}/environ`).map(partsOf)),
    catchesSignal: hasBit(field('SigCgt'), constants.signals.SIGUSR1),
  };
}

/** Whether it is still there, and no other process has its number by now. */
export function isAlive({ pid, folder, startTicks }: Pick<Target, 'pid' | 'folder' | 'startTicks'>): boolean {
  const sample = sampleThread(pid, folder);
  return sample !== null && sample.startTicks === startTicks && !/^[ZX]$/.test(sample.state);
}

/** The error of a process that is not attached to. */
export function refused(pid: number, why: string): GuruError {
  return new GuruError('GMR_USAGE', `process ${pid} cannot be attached to: ${why}`);
}

function whyNotOurs(users: string, ownUser: number | null): string | null {
  const user = Number(users.split(/\s+/)[1]);
  return ownUser === null || ownUser === 0 || user === ownUser ? null : `it belongs to another user (uid ${user})`;
}

function whyNotLeader(pid: number, leader: string): string | null {
  return leader === '' || Number(leader) === pid ? null : `it is a thread of process ${leader}`;
}

function whyNotNode(folder: string): string | null {
  const executable = readLink(`${folder}/exe`) ?? words(`${folder}/cmdline`)[0] ?? '';
  return isNodeName(executable) ? null : `it is not Node.js but ${executable === '' ? 'a kernel thread' : executable}`;
}

/** Loopback is another one in each network namespace; null where nobody may look. */
function whyOutOfReach(folder: string, root: string): string | null {
  const [own, other] = [readLink(`${root}/self/ns/net`), readLink(`${folder}/ns/net`)];
  if (own === null || other === null || own === other) return null;
  return 'it is in another network namespace (a container?); run gmr inside of that one';
}

function uptimeOf(startTicks: number, root: string): number {
  const sinceBoot = Number((readText(`${root}/uptime`) ?? '').split(' ')[0]) * 1000;
  return Math.max(0, Math.round((sinceBoot || 0) - startTicks * TICK_MS));
}

function words(file: string): string[] {
  return (readText(file) ?? '').split('\0').filter((word) => word !== '');
}

function partsOf(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** @param mask - hexadecimal, the lowest bit for signal 1 */
function hasBit(mask: string, signal: number): boolean {
  return /^[0-9a-f]+$/i.test(mask) && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}
