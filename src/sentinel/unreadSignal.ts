/**
 * Whether a signal waits for a main that hangs since before this thread listened. libuv's handler notes a signal in a pipe of
 * each loop that has a handle for it at that moment, and the loop reads it when it turns. A handle that is opened later is
 * told nothing, and for the kernel the signal is delivered; so that pipe, in which something waits, is all there is of it.
 * Which signal it was is not to be seen without reading, and nobody but main may read there.
 */
import { constants as fileConstants } from 'node:fs';
import { constants } from 'node:os';
import { readLink, readNumbers, readText } from './kernelFiles.js';
import { isReadable } from './readable.js';

/** The descriptors that a process opens first; main's loop is there before any other thread of the application. */
const DESCRIPTORS_MOST = 64;
const PIPES_MOST = 8;

/**
 * Caught by Node or V8 themselves, without a loop: they are among the caught ones in every process. (A SIGINT or SIGTERM that
 * meets a listener of the application's in these first moments cannot be told from ours.)
 */
const OF_NODE = ['SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGPROF', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE'];
const OF_NODE_TOO = ['SIGSEGV', 'SIGSYS'];
/** From here on signals are of the C library and of programs that agreed on them (signal(7)); no loop listens to them. */
const FIRST_REAL_TIME = 32;

/** A pipe whose ends are both in this process. */
interface OwnPipe {
  /** The descriptor to read from. */
  descriptor: number;
  isBlocking: boolean;
}

/** False as well where it cannot be told, or where the signal may be another than one of `ours`. Linux only; never throws. */
export function isSignalUnread(ours: readonly string[]): boolean {
  if (!areAlone(ours)) return false;
  const pipes = ownPipes();
  // libuv's lock around its list of handles: whoever has taken the one byte in it puts it back at once.
  const lock = pipes.find(({ isBlocking }) => isBlocking);
  if (lock === undefined) return false;
  const candidates = pipes.filter(({ isBlocking }) => !isBlocking).slice(0, PIPES_MOST);
  return candidates.some(({ descriptor }) => isReadable(descriptor, lock.descriptor) === true);
}

/** Whether a loop of this process listens to no other signal: such as SIGCHLD, which comes by itself. */
function areAlone(ours: readonly string[]): boolean {
  const mask = /^SigCgt:\s*([\da-f]+)$/m.exec(readText('/proc/self/status') ?? '')?.[1];
  if (mask === undefined) return false;
  const expected = [...OF_NODE, ...OF_NODE_TOO, ...ours].map((name) => constants.signals[name as NodeJS.Signals]);
  const caught = BigInt(`0x${mask}`);
  for (let signal = 1; signal < FIRST_REAL_TIME; signal++)
    if (((caught >> BigInt(signal - 1)) & 1n) === 1n && !expected.includes(signal)) return false;
  return true;
}

function ownPipes(): OwnPipe[] {
  const ends = new Map<string, { descriptor: number; flags: number }[]>();
  const descriptors = readNumbers('/proc/self/fd').sort((one, other) => one - other);
  for (const descriptor of descriptors.slice(0, DESCRIPTORS_MOST)) {
    const target = readLink(`/proc/self/fd/${descriptor}`);
    const flags = target !== null && target.startsWith('pipe:') ? flagsOf(descriptor) : null;
    if (target !== null && flags !== null) ends.set(target, [...(ends.get(target) ?? []), { descriptor, flags }]);
  }
  return [...ends.values()].flatMap((both) => {
    const read = both.find(({ flags }) => accessOf(flags) === fileConstants.O_RDONLY);
    const written = both.find(({ flags }) => accessOf(flags) === fileConstants.O_WRONLY);
    if (read === undefined || written === undefined) return [];
    return [{ descriptor: read.descriptor, isBlocking: (read.flags & fileConstants.O_NONBLOCK) === 0 }];
  });
}

/** Those it was opened with (proc_pid_fdinfo(5)), octal; null where they cannot be read. */
function flagsOf(descriptor: number): number | null {
  const octal = /^flags:\s*([0-7]+)$/m.exec(readText(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1];
  return octal === undefined ? null : Number.parseInt(octal, 8);
}

function accessOf(flags: number): number {
  return flags & (fileConstants.O_WRONLY | fileConstants.O_RDWR);
}
