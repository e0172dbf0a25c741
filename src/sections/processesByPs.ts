/** The process tree by `ps`, for systems without procfs (macOS). A child process of our own, bounded and never on main. */
import { spawnSync } from 'node:child_process';
import { isMainThread } from 'node:worker_threads';
import { redactArguments } from '../report/redact.js';
import type { ProcessNode } from '../report/types.js';
import { isNodeName, preloads } from './nodeCommands.js';
import { DEEPEST, shortened, stateOf } from './processWords.js';

const FILE = '/bin/ps';
/** As POSIX has them; without headings. */
const COLUMNS = ['-A', '-o', 'pid=', '-o', 'ppid=', '-o', 'uid=', '-o', 'user=', '-o', 'stat=', '-o', 'args='];
const MOST_MS = 500;
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_PROCESSES = 512;

/** Null where `ps` cannot be had, or would hold up the application's own thread. */
export function processesByPs(pid: number): ProcessNode | null {
  if (isMainThread || process.platform === 'win32') return null;
  try {
    const {
      stdout,
      status,
      pid: own,
    } = spawnSync(FILE, COLUMNS, {
      encoding: 'utf8',
      timeout: MOST_MS,
      maxBuffer: MOST_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    return status === 0 ? treeFromPs(stdout, pid, own) : null;
  } catch {
    return null; // The permission model may forbid child processes.
  }
}

type Row = Omit<ProcessNode, 'elided' | 'children'>;

/**
 * The tree below `pid` from what `ps` printed, children sorted by pid; null when it is not among them.
 * @param without the pid of `ps` itself
 */
export function treeFromPs(text: string, pid: number, without: number | null = null): ProcessNode | null {
  const rows = text.split('\n').flatMap((line) => rowOf(line, pid) ?? []);
  const children = new Map<number, Row[]>();
  for (const row of rows.sort((one, other) => one.pid - other.pid))
    if (row.pid !== without) children.set(row.ppid, [...(children.get(row.ppid) ?? []), row]);
  const own = rows.find((row) => row.pid === pid);
  if (own === undefined) return null;
  const seen = new Set<number>();
  const node = (row: Row, level: number): ProcessNode[] => {
    if (seen.has(row.pid) || seen.size >= MOST_PROCESSES) return [];
    seen.add(row.pid);
    const below = (children.get(row.pid) ?? []).flatMap((child) => node(child, level + 1));
    if (level < DEEPEST) return [{ ...row, elided: 0, children: below }];
    return [{ ...row, elided: below.reduce((sum, child) => sum + 1 + child.elided, 0), children: [] }];
  };
  return node(own, 1)[0] ?? null;
}

function rowOf(line: string, ownPid: number): Row | null {
  const [, pid, ppid, uid, user, state, command] =
    /^\s*(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
  if (pid === undefined || ppid === undefined || state === undefined) return null;
  const words = (command ?? '').split(' ').filter((word) => word !== '');
  return {
    pid: Number(pid),
    ppid: Number(ppid),
    user: user ?? null,
    uid: Number(uid),
    state: stateOf(state),
    command: shortened(redactArguments(words)),
    instrumented: Number(pid) === ownPid ? true : isInstrumented(words),
  };
}

/** `ps` does not show the environment: without the flag nobody can tell. */
function isInstrumented(command: readonly string[]): boolean | null {
  return isNodeName(command[0] ?? '') && preloads(command) ? true : null;
}
