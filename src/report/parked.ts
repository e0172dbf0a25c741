/** Threads that sit in `Atomics.wait` because a library put them there, and wait for nothing the application does. */
import type { RawFrame } from '../protocol.js';
import { originOf, packageOf } from './frames.js';

/** The function in which the workers of Piscina and Tinypool wait, in every version; a package may be installed under another name. */
const POOL_WAIT = 'atomicsWaitLoop';
/** Packages whose workers wait for work, or for their owner, in `Atomics.wait` or by polling a port. */
const PARKING = new Set(['piscina', 'tinypool', 'vitest', 'jest-worker', 'synckit', 'thread-stream', 'sync-rpc']);
const HOOKS_FILE = /^node:internal\/modules\/(esm|customization)/;
const HOOKS_WORKER_FILE = /^node:internal\/modules\/esm\/worker$/;

/** What parks the main thread of a process that crashes. */
export const THIS_REPORT = 'this report';

/** Whether the frame is V8's `Atomics.wait`; node's own code calls it by a saved name, and shows as `wait`. */
export function isAtomicsWait(frame: RawFrame | undefined): boolean {
  return frame !== undefined && frame.file === null && /^(Atomics\.)?wait$/.test(frame.function);
}

/**
 * The pool or helper library that parked the thread (`piscina`, `module hooks`), or null. Only where the nearest caller of
 * the wait is the library's and nobody else's code is on the stack: a task that waits is the application's own wait.
 */
export function parkedBy(stack: readonly RawFrame[]): string | null {
  const [top, caller, ...callers] = stack.filter((frame) => !frame.async && frame.kind === 'call');
  const file = caller?.file ?? null;
  if (file === null || !isWaitForWork(top)) return null;
  if (HOOKS_WORKER_FILE.test(file)) return 'module hooks';
  const library = packageOf(file);
  if (library === null || (!PARKING.has(library) && caller?.function !== POOL_WAIT)) return null;
  const isForeign = (frame: RawFrame): boolean =>
    originOf(frame) === 'application' || (originOf(frame) === 'package' && packageOf(frame.file ?? '') !== library);
  return callers.some(isForeign) ? null : library;
}

/** Whether the thread resolves or loads a module and waits for the thread that runs the module hooks to do it. */
export function waitsForModuleHooks(stack: readonly RawFrame[]): boolean {
  const caller = stack[1]?.file ?? '';
  return isAtomicsWait(stack[0]) && HOOKS_FILE.test(caller) && !HOOKS_WORKER_FILE.test(caller);
}

function isWaitForWork(frame: RawFrame | undefined): boolean {
  return isAtomicsWait(frame) || frame?.function === 'receiveMessageOnPort';
}
