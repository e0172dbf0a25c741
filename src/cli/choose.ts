/** Which process is meant: the one that is named, the one behind a launcher, or the only one there is. */
import { basename } from 'node:path';
import { writeSync } from 'node:fs';
import { GuruError } from '../errors.js';
import { escape } from '../view/escape.js';
import { descendantsOf, nodeProcesses, readNodeProcess, type NodeProcess } from './nodeProcesses.js';
import { readStat } from './procfs.js';

const PID_MAX = 2 ** 22;

/** @throws {GuruError} `GMR_USAGE` when it is no process id. */
export function parsePid(command: string, word: string): number {
  const pid = /^\d{1,7}$/.test(word) ? Number(word) : 0;
  if (pid < 1 || pid > PID_MAX)
    throw new GuruError('GMR_USAGE', `${command}: expected a process id, got ${escape(word)}`);
  return pid;
}

/**
 * The process to ask. A line on stderr says so when it is not the one that was named; several that could be meant are
 * listed there.
 * @param words - the process ids as they came: none or one
 * @throws {GuruError} `GMR_USAGE` when that is not clear, `GMR_TARGET` when there is none.
 */
export function choosePid(command: string, words: readonly string[]): number {
  const [word, ...more] = words;
  if (more.length > 0) throw new GuruError('GMR_USAGE', `${command}: expected one process id, got ${words.length}`);
  return word === undefined ? onlyOne(command) : behindLauncher(command, parsePid(command, word));
}

/** A launcher such as npm or tsx, which was started without this package, stands for what it has started. */
function behindLauncher(command: string, pid: number): number {
  const named = readNodeProcess(pid);
  if (named?.instrumented === true || readStat(pid) === null) return pid;
  const below = withoutLaunchers(descendantsOf(pid).filter(canBeAsked));
  const [only, ...more] = below;
  if (only === undefined) return launchedBy(named) ?? pid;
  if (more.length > 0) throw unclear(command, below, `${below.length} processes below ${pid} can be asked`);
  say(`process ${pid} is not instrumented; ${only.pid} below it is: ${escape(only.name)}`);
  return only.pid;
}

/** What a launcher has started where that cannot be asked either: why not is told of it, and not of the launcher. */
function launchedBy(named: NodeProcess | null): number | null {
  if (named === null || !isLauncher(named)) return null;
  const [only, ...more] = withoutLaunchers(descendantsOf(named.pid));
  if (only === undefined || more.length > 0 || isLauncher(only)) return null;
  say(`process ${named.pid} has started ${only.pid}: ${escape(only.name)}`);
  return only.pid;
}

function onlyOne(command: string): number {
  const own = process.geteuid?.();
  const above = ancestorsOfThis();
  const found = nodeProcesses().filter(
    (one) => canBeAsked(one) && !above.has(one.pid) && (own === 0 || one.uid === own),
  );
  const candidates = withoutLaunchers(found);
  const [only, ...more] = candidates;
  if (only === undefined)
    throw new GuruError(
      'GMR_TARGET',
      `${command}: no process of this user can be asked; gmr ps shows those that run Node.js`,
    );
  if (more.length > 0) throw unclear(command, candidates, `${candidates.length} processes can be asked`);
  return only.pid;
}

function canBeAsked({ instrumented, signal }: NodeProcess): boolean {
  return instrumented === true && signal !== null;
}

/** With the package in `NODE_OPTIONS` launchers have it as well; nobody means them while what they launched is there. */
export function withoutLaunchers(processes: NodeProcess[]): NodeProcess[] {
  return processes.filter((one) => !isLauncher(one) || !processes.some((other) => ancestorsOf(other.pid).has(one.pid)));
}

function isLauncher({ command }: NodeProcess): boolean {
  const words = command.slice(0, 4).map((word) => basename(word.split(' ')[0] ?? ''));
  return words.some((word) =>
    /^(?:npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack|tsx|nodemon)(?:-cli)?(?:\.[cm]?js)?$/.test(word),
  );
}

/** This command, and what it was started by (npx with the package in `NODE_OPTIONS`), is not what anybody asks about. */
function ancestorsOfThis(): Set<number> {
  return ancestorsOf(process.pid).add(process.pid);
}

function ancestorsOf(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = readStat(pid)?.ppid ?? 0; at > 0 && !found.has(at); at = readStat(at)?.ppid ?? 0) found.add(at);
  return found;
}

function unclear(command: string, candidates: readonly NodeProcess[], what: string): GuruError {
  const lines = candidates.map(
    ({ pid, name, command: words }) => `  ${pid}  ${escape(name)}  ${escape(words.join(' ')).slice(0, 60)}\n`,
  );
  say(`${what}:\n${lines.join('').trimEnd()}`);
  return new GuruError('GMR_USAGE', `${command}: expected one of these process ids`);
}

function say(text: string): void {
  try {
    writeSync(2, `gmr: ${text}\n`);
  } catch {
    // Nobody reads stderr.
  }
}
