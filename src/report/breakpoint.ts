/** Threads that a debugger holds: they are as still as a hung one, and nothing is wrong with them. */
import type { RawFrame } from '../protocol.js';
import { sameStack, originOf } from './frames.js';
import { isLockWait } from './nativeWait.js';
import type { KernelEvidence } from './types.js';

export const AT_BREAKPOINT =
  'answers the inspector while it sleeps in the middle of JavaScript: a debugger holds it (it may be a lock of native code)';

/**
 * Whether the thread stands at a breakpoint. V8 waits there for a condition, which is a futex, and runs what the inspector
 * asks: no thread that is blocked in a native call does, and one that is in `Atomics.wait` shows that on its stack.
 */
export function isAtBreakpoint(stacks: readonly (readonly RawFrame[])[], kernel: KernelEvidence | null): boolean {
  const [first, ...others] = stacks;
  const top = first?.[0];
  if (first === undefined || top === undefined || originOf(top) === 'builtin' || kernel?.state !== 'S') return false;
  const isLock = kernel.syscall === null ? /futex/.test(kernel.waitChannel ?? '') : isLockWait(kernel.syscall);
  return isLock && others.every((stack) => sameStack(first, stack));
}
