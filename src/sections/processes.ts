/** This process and its descendants, from procfs, else from `ps`. Where there is neither, this process alone is known. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { redactArguments } from '../report/redact.js';
import type { ProcessNode } from '../report/types.js';
import { isNodeName, preloads } from './nodeCommands.js';
import { DEEPEST, shortened, stateOf } from './processWords.js';
import { processesByPs } from './processesByPs.js';

const MOST_PROCESSES = 512;
const MOST_MS = 50;

export interface ProcessesOptions {
  passwdFile?: string;
  mostProcesses?: number;
  /** In ms. */
  mostMs?: number;
  /** How processes are listed where there is no procfs; null where they cannot be. Default: by `ps`. */
  list?: (pid: number) => ProcessNode | null;
  /** False where the process on top is not the one that asks. Default true. */
  isOwn?: boolean;
  /** Gets the reason, once, when processes were left out because of a bound. */
  onCut?: (line: string) => void;
}

interface Reading {
  root: string;
  ownPid: number | null;
  users: Map<number, string>;
  left: number;
  until: number;
  wasCut: boolean;
  /** Children by parent, read once where the kernel does not list them by itself. */
  scanned: Map<number, number[]> | null;
}

/**
 * A tree with this process on top, children sorted by pid, command lines without secrets; at most 512 processes and 50 ms.
 * @param root where procfs is mounted.
 */
export function readProcesses(pid: number, root = '/proc', options: ProcessesOptions = {}): ProcessNode[] {
  const reading: Reading = {
    root,
    ownPid: (options.isOwn ?? true) ? pid : null,
    users: readUsers(options.passwdFile ?? '/etc/passwd'),
    left: options.mostProcesses ?? MOST_PROCESSES,
    until: performance.now() + (options.mostMs ?? MOST_MS),
    wasCut: false,
    scanned: null,
  };
  const own = readTree(pid, reading, new Set());
  if (reading.wasCut) options.onCut?.('too many to read in time; some are left out');
  return [own ?? (options.list ?? processesByPs)(pid) ?? withoutProcfs(pid)];
}

function withoutProcfs(pid: number): ProcessNode {
  const own = pid === process.pid;
  return {
    pid,
    ppid: own ? process.ppid : 0,
    user: null,
    uid: (own ? process.getuid?.() : null) ?? null,
    state: 'running',
    command: own ? redactArguments([...process.argv.slice(0, 1), ...process.execArgv, ...process.argv.slice(1)]) : [],
    instrumented: own ? true : null,
    elided: 0,
    children: [],
  };
}

function readTree(pid: number, reading: Reading, above: Set<number>): ProcessNode | null {
  if (above.has(pid)) return null;
  if (reading.left <= 0 || performance.now() > reading.until) {
    reading.wasCut = true;
    return null;
  }
  reading.left--;
  const facts = readStat(pid, reading);
  if (facts === null) return null;
  const inner = new Set(above).add(pid);
  if (inner.size >= DEEPEST)
    return { ...describe(pid, facts, reading), elided: elidedBelow(pid, reading, inner), children: [] };
  const children = childrenOf(pid, reading).map((child) => readTree(child, reading, inner));
  return { ...describe(pid, facts, reading), elided: 0, children: children.filter((child) => child !== null) };
}

/** How many there are below, within the same bounds. */
function elidedBelow(pid: number, reading: Reading, above: Set<number>): number {
  const known = new Set(above);
  const open = [pid];
  let elided = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of childrenOf(next, reading)) {
      if (known.has(child) || reading.left-- <= 0 || performance.now() > reading.until) continue;
      known.add(child);
      open.push(child);
      elided++;
    }
  }
  return elided;
}

interface Stat {
  name: string;
  state: string;
  ppid: number;
}

function readStat(pid: number, reading: Reading): Stat | null {
  const text = readText(`${reading.root}/${pid}/stat`);
  const [, name, state, ppid] = /^\d+ \(([\s\S]*)\) (\S) (\d+)/.exec(text ?? '') ?? [];
  return name === undefined || state === undefined ? null : { name, state, ppid: Number(ppid) };
}

function describe(pid: number, stat: Stat, reading: Reading): Omit<ProcessNode, 'elided' | 'children'> {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readText(`${reading.root}/${pid}/status`) ?? '')?.[1];
  const command = (readText(`${reading.root}/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
  return {
    pid,
    ppid: stat.ppid,
    user: uid === undefined ? null : (reading.users.get(Number(uid)) ?? null),
    uid: uid === undefined ? null : Number(uid),
    state: stateOf(stat.state),
    command: command.length === 0 ? [`[${stat.name}]`] : shortened(redactArguments(command)),
    instrumented: pid === reading.ownPid ? true : isInstrumented(pid, command, reading),
  };
}

/** The kernel's own list of children, by thread; else one pass over all processes. */
function childrenOf(pid: number, reading: Reading): number[] {
  if (reading.scanned === null) {
    const threads = readNames(`${reading.root}/${pid}/task`);
    const lists = threads.map((thread) => readText(`${reading.root}/${pid}/task/${thread}/children`));
    if (lists.some((list) => list !== null)) return sortedNumbers(lists.flatMap((list) => (list ?? '').split(' ')));
    reading.scanned = scanChildren(reading);
  }
  return reading.scanned.get(pid) ?? [];
}

function scanChildren(reading: Reading): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of sortedNumbers(readNames(reading.root))) {
    if (performance.now() > reading.until) {
      reading.wasCut = true;
      break;
    }
    const ppid = readStat(pid, reading)?.ppid;
    if (ppid !== undefined) children.set(ppid, [...(children.get(ppid) ?? []), pid]);
  }
  return children;
}

function sortedNumbers(names: string[]): number[] {
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((one, other) => one - other);
}

/** Whether a child that is Node was started with the preload; null when it is not Node, or nobody can tell. */
function isInstrumented(pid: number, command: readonly string[], reading: Reading): boolean | null {
  if (!isNode(pid, command, reading)) return null;
  const environment = readText(`${reading.root}/${pid}/environ`)?.split('\0') ?? null;
  if (environment?.some((entry) => /^GMR=(?:off|0|false|no)$/i.test(entry)) === true) return false;
  if (preloads(command)) return true;
  if (environment === null) return null;
  const nodeOptions =
    environment.find((entry) => entry.startsWith('NODE_OPTIONS='))?.slice('NODE_OPTIONS='.length) ?? '';
  return preloads(['node', ...nodeOptions.split(/\s+/)]);
}

function isNode(pid: number, command: readonly string[], reading: Reading): boolean {
  try {
    return isNodeName(readlinkSync(`${reading.root}/${pid}/exe`));
  } catch {
    return isNodeName(command[0] ?? '');
  }
}

function readUsers(file: string): Map<number, string> {
  const lines = (readText(file) ?? '').split('\n').map((line) => line.split(':'));
  return new Map(
    lines.filter(([name, , uid]) => name !== '' && uid !== undefined).map(([name = '', , uid]) => [Number(uid), name]),
  );
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
