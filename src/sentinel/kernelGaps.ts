/** Why there is no kernel lane, or less of one: another system, no procfs, a kernel or a sandbox that gives less of it. */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { messageOf } from '../errors.js';
import { readNumbers, readText } from './kernelFiles.js';
import { OWN_PROCESS, sampleThread } from './kernelLane.js';

/** One line that says why there is no kernel lane here; null when there is one. */
export function kernelNotRead(processRoot: string = OWN_PROCESS, platform: string = process.platform): string | null {
  if (platform !== 'linux') return `the kernel lane needs Linux's procfs, this is ${platform}`;
  try {
    const threads = readdirSync(`${processRoot}/task`);
    const readable = threads.some((thread) => readText(`${processRoot}/task/${thread}/stat`) !== null);
    return readable ? null : `no thread's stat under ${processRoot}/task can be read`;
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT') return `no procfs is mounted (${processRoot}/task does not exist)`;
    return `${processRoot}/task cannot be read: ${messageOf(error)}`;
  }
}

/**
 * What of the kernel lane is missing where there is one, one part each, with what a report lacks without it: gVisor has no
 * wait channels, a process that changed its user may not read its own system calls or memory (`PR_SET_DUMPABLE`, prctl(2)).
 * All threads of a process have the same files, so one of them answers for all.
 */
export function kernelGaps(processRoot: string = OWN_PROCESS, readMemory = true): string[] {
  const [thread] = readNumbers(`${processRoot}/task`);
  const sample = thread === undefined ? null : sampleThread(thread, processRoot);
  if (thread === undefined || sample === null) return [];
  const folder = `${processRoot}/task/${thread}`;
  const gaps: [isMissing: boolean, gap: string][] = [
    [sample.scheduled === null, 'schedstat (CPU time in ticks of 10 ms only, and no wait for a CPU)'],
    [sample.switches === null, 'status (no context switches)'],
    [readText(`${folder}/syscall`) === null, 'syscall (what a blocked call is and waits for)'],
    [readText(`${folder}/wchan`) === null, 'wchan (where in the kernel a thread waits)'],
    [readMemory && !canOpen(`${processRoot}/mem`), 'mem (the path that a blocked call waits for)'],
  ];
  return gaps.filter(([isMissing]) => isMissing).map(([, gap]) => gap);
}

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}
