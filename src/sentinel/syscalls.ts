/**
 * The system calls in which a thread of a Node process can be found: their numbers on x64 (`syscall_64.tbl` of the Linux
 * source) and arm64 (`asm-generic/unistd.h`), and which of their arguments is a descriptor or a path.
 */

/** Which argument says what the call is about; `directory` is the descriptor that a relative `path` starts from. */
export interface SyscallArguments {
  descriptor?: number;
  path?: number;
  directory?: number;
}

const X64 = table(`
  0 read 1 write 2 open 3 close 4 stat 5 fstat 6 lstat 7 poll 9 mmap 10 mprotect 11 munmap 12 brk 16 ioctl 17 pread64
  18 pwrite64 19 readv 20 writev 21 access 23 select 24 sched_yield 25 mremap 26 msync 28 madvise 34 pause 35 nanosleep
  40 sendfile 42 connect 43 accept 44 sendto 45 recvfrom 46 sendmsg 47 recvmsg 48 shutdown 56 clone 57 fork 58 vfork
  59 execve 61 wait4 65 semop 70 msgrcv 72 fcntl 73 flock 74 fsync 75 fdatasync 76 truncate 77 ftruncate 78 getdents
  80 chdir 82 rename 83 mkdir 84 rmdir 85 creat 86 link 87 unlink 88 symlink 89 readlink 90 chmod 92 chown
  128 rt_sigtimedwait 130 rt_sigsuspend 137 statfs 138 fstatfs 162 sync 202 futex 217 getdents64 219 restart_syscall
  220 semtimedop 230 clock_nanosleep 232 epoll_wait 247 waitid 257 openat 258 mkdirat 262 newfstatat 263 unlinkat
  264 renameat 267 readlinkat 269 faccessat 270 pselect6 271 ppoll 275 splice 276 tee 277 sync_file_range 278 vmsplice
  280 utimensat 281 epoll_pwait 285 fallocate 288 accept4 295 preadv 296 pwritev 299 recvmmsg 306 syncfs 307 sendmmsg
  316 renameat2 318 getrandom 324 membarrier 326 copy_file_range 327 preadv2 328 pwritev2 329 pkey_mprotect 332 statx
  426 io_uring_enter 435 clone3 437 openat2 439 faccessat2 441 epoll_pwait2 449 futex_waitv 455 futex_wait`);

const ARM64 = table(`
  22 epoll_pwait 25 fcntl 29 ioctl 32 flock 34 mkdirat 35 unlinkat 36 symlinkat 37 linkat 38 renameat 43 statfs
  44 fstatfs 45 truncate 46 ftruncate 47 fallocate 48 faccessat 49 chdir 53 fchmodat 54 fchownat 56 openat 57 close
  61 getdents64 63 read 64 write 65 readv 66 writev 67 pread64 68 pwrite64 69 preadv 70 pwritev 71 sendfile 72 pselect6
  73 ppoll 75 vmsplice 76 splice 77 tee 78 readlinkat 79 newfstatat 80 fstat 81 sync 82 fsync 83 fdatasync
  84 sync_file_range 88 utimensat 95 waitid 98 futex 101 nanosleep 115 clock_nanosleep 124 sched_yield
  128 restart_syscall 133 rt_sigsuspend 137 rt_sigtimedwait 188 msgrcv 192 semtimedop 193 semop 202 accept 203 connect
  206 sendto 207 recvfrom 210 shutdown 211 sendmsg 212 recvmsg 214 brk 215 munmap 216 mremap 220 clone 221 execve
  222 mmap 226 mprotect 227 msync 233 madvise 242 accept4 243 recvmmsg 260 wait4 267 syncfs 269 sendmmsg 276 renameat2
  278 getrandom 283 membarrier 285 copy_file_range 286 preadv2 287 pwritev2 288 pkey_mprotect 291 statx
  426 io_uring_enter 435 clone3 437 openat2 439 faccessat2 441 epoll_pwait2 449 futex_waitv 455 futex_wait`);

const ON_DESCRIPTOR = `read write close fstat ioctl pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2
  connect accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown fcntl flock fsync fdatasync ftruncate
  fallocate getdents getdents64 fstatfs sync_file_range syncfs splice tee vmsplice copy_file_range epoll_wait epoll_pwait
  epoll_pwait2 io_uring_enter`;
const ON_PATH = `open stat lstat access execve truncate chdir rename mkdir rmdir creat link unlink symlink readlink chmod chown statfs`;
const ON_PATH_IN_DIRECTORY = `openat mkdirat newfstatat unlinkat renameat renameat2 readlinkat faccessat faccessat2 utimensat
  statx openat2 linkat fchmodat fchownat`;

const ARGUMENTS = new Map<string, SyscallArguments>([
  ...words(ON_DESCRIPTOR).map((name): [string, SyscallArguments] => [name, { descriptor: 0 }]),
  ...words(ON_PATH).map((name): [string, SyscallArguments] => [name, { path: 0 }]),
  ...words(ON_PATH_IN_DIRECTORY).map((name): [string, SyscallArguments] => [name, { directory: 0, path: 1 }]),
  // What is written to is `sendfile`'s first descriptor: the slow side is nearly always the socket.
  ['sendfile', { descriptor: 0 }],
]);

/** The call's name, or `syscall 999` where the number or the architecture is not known. */
export function syscallName(number: number, architecture: string): string {
  const names = architecture === 'x64' ? X64 : architecture === 'arm64' ? ARM64 : null;
  return names?.get(number) ?? `syscall ${number}`;
}

/** Which arguments of the call are a descriptor or a path; an empty object where none is. */
export function syscallArguments(name: string): SyscallArguments {
  return ARGUMENTS.get(name) ?? {};
}

function table(text: string): Map<number, string> {
  const entries = words(text);
  const names = new Map<number, string>();
  for (let index = 0; index + 1 < entries.length; index += 2)
    names.set(Number(entries[index]), entries[index + 1] ?? '');
  return names;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
