/**
 * Cores of their own for a measured process and for what keeps it busy. Two cores of a machine that is shared may differ by
 * half in speed for seconds: bare processes beside bare ones, left where the kernel puts them, differed by up to 1.7.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @returns `{ measured, beside }`, or null where there is one core only, or no `taskset` (util-linux) to choose with */
export function chooseCores() {
  const allowed = allowedCores();
  if (allowed.length < 2 || spawnSync('taskset', ['--version']).status !== 0) return null;
  return { measured: allowed.at(-1), beside: allowed[0] };
}

/** The words of a command that stays on this core; null: on any. */
export function onCore(core, command) {
  return core === null ? command : ['taskset', '-c', String(core), ...command];
}

/** The numbers in a list such as `0-3,8`, as `/proc` writes it (proc_pid_status(5)). */
export function coresOf(list) {
  return list
    .trim()
    .split(',')
    .filter((part) => /^\d+(?:-\d+)?$/.test(part))
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function allowedCores() {
  try {
    return coresOf(/^Cpus_allowed_list:(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '');
  } catch {
    return [];
  }
}
