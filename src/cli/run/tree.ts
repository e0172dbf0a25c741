/** The processes that came of one that was started here: found, and ended. */
import { setTimeout as delay } from 'node:timers/promises';
import { listPids, readEnvironment, readStat } from '../procfs.js';
import { RUN_VARIABLE } from './environment.js';

/** A process as it was seen: its number alone may be somebody else's by now. */
export interface Member {
  pid: number;
  startTime: string;
}

export interface Tree {
  pid: number;
  /** What `RUN_VARIABLE` is in it. */
  mark: string;
}

const POLL_MS = 50;
const KILLED_MS = 2000;

/** All that run: the one that was started, what is below it, and what carries its mark though its parent has gone. */
export function membersOf({ pid, mark }: Tree): Member[] {
  const stats = listPids().flatMap((one) => readStat(one) ?? []);
  const parents = new Map(stats.map((stat) => [stat.pid, stat.ppid]));
  const isBelow = (start: number): boolean => {
    const seen = new Set<number>();
    for (let at = start; at > 1 && !seen.has(at); at = parents.get(at) ?? 0) {
      if (at === pid) return true;
      seen.add(at);
    }
    return false;
  };
  return stats
    .filter(({ state }) => state !== 'Z' && state !== 'X')
    .filter(
      (stat) => stat.pid !== process.pid && (isBelow(stat.pid) || readEnvironment(stat.pid)?.[RUN_VARIABLE] === mark),
    )
    .map(({ pid: member, startTime }) => ({ pid: member, startTime }));
}

/** Asks all to end, kills what has not within `graceMs`, and what was started meanwhile. Returns how many were ended. */
export async function endTree(tree: Tree, graceMs: number): Promise<number> {
  const members = membersOf(tree);
  for (const member of members) send(member, 'SIGTERM');
  await untilGone(members, graceMs);
  const late = [...members.filter(isThere), ...membersOf(tree)];
  for (const member of late) send(member, 'SIGKILL');
  await untilGone(late, KILLED_MS);
  return new Set([...members, ...late].map(({ pid, startTime }) => `${pid} ${startTime}`)).size;
}

async function untilGone(members: readonly Member[], boundMs: number): Promise<void> {
  const end = performance.now() + boundMs;
  while (members.some(isThere) && performance.now() < end) await delay(POLL_MS);
}

function isThere({ pid, startTime }: Member): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}

function send(member: Member, signal: NodeJS.Signals): void {
  if (!isThere(member)) return;
  try {
    process.kill(member.pid, signal);
  } catch {
    // It has gone, or became somebody else's: either way it is not ours to end.
  }
}
