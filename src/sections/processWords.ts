/** States and commands of processes as the report shows them. */

/** The scheduler's letters, see proc_pid_stat(5). */
const STATES: Record<string, string> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting for a device',
  Z: 'zombie',
  T: 'stopped',
  t: 'traced',
  I: 'idle',
  X: 'dead',
  x: 'dead',
  W: 'paging',
  P: 'parked',
};

/** The state's name, of the first letter of what procfs or `ps` says; the text itself where it is not known. */
export function stateOf(letters: string): string {
  return STATES[letters.slice(0, 1)] ?? letters;
}

const LONGEST_COMMAND = 100;

/** At most 100 arguments, and how many more there are. */
export function shortened(command: string[]): string[] {
  const more = command.length - LONGEST_COMMAND;
  return more > 0 ? [...command.slice(0, LONGEST_COMMAND), `… (${more} more)`] : command;
}

/** Levels of the tree that are shown: each is two of the report, whose depth is bounded. */
export const DEEPEST = 32;
