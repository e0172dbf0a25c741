/** A thread's wait inside a system call in a person's words. */
import type { KernelEvidence } from './types.js';

/** How the kernel lane begins the `file` of a nested event loop that waits for a child. */
export const CHILD_PROCESS = 'child process';

const SLEEPS = new Set(['nanosleep', 'clock_nanosleep', 'pause', 'rt_sigsuspend', 'rt_sigtimedwait']);
const LOCKS = new Set(['futex', 'futex_wait', 'futex_waitv', 'semop', 'semtimedop']);
const CHILDREN = new Set(['wait4', 'waitid', 'vfork', 'clone', 'clone3']);
const NAMES = new Map([
  ['openat', 'open'],
  ['openat2', 'open'],
  ['pread64', 'read'],
  ['pwrite64', 'write'],
]);

/** Whether the call is the one in which an event loop waits for events. */
export function isEventWait(syscall: string | null): boolean {
  return syscall !== null && /^(epoll_wait|epoll_pwait2?|io_uring_enter)$/.test(syscall);
}

/** Whether the call waits for a lock or a condition of the process itself. */
export function isLockWait(syscall: string | null): boolean {
  return syscall !== null && LOCKS.has(syscall);
}

/** `waits in write of fd 1 (pipe)`, `waits for child process 4991 (sleep 6)`, `waits in open of /tmp/fifo`. */
export function waitText(wait: Pick<KernelEvidence, 'state' | 'syscall' | 'file' | 'waitChannel'>): string {
  const { syscall, file } = wait;
  if (syscall === null) return waitWithoutCall(wait);
  if (file !== null && file.startsWith(CHILD_PROCESS)) return `waits for ${file}`;
  if (CHILDREN.has(syscall)) return 'waits for a child process';
  if (isLockWait(syscall)) return `waits for a lock or a condition (${syscall})`;
  if (SLEEPS.has(syscall)) return `sleeps (${syscall})`;
  if (isEventWait(syscall)) return `waits for events (${syscall})`;
  const name = NAMES.get(syscall) ?? syscall;
  return file === null ? `waits in ${name}` : `waits in ${name} of ${file}`;
}

function waitWithoutCall({ state, waitChannel }: Pick<KernelEvidence, 'state' | 'waitChannel'>): string {
  if (state === 'R') return 'runs, or waits for a CPU';
  if (state === 'T' || state === 't') return 'is stopped by a signal or a debugger';
  return waitChannel === null
    ? 'waits in the kernel, in a call that cannot be read'
    : `waits in the kernel (${waitChannel})`;
}
