/** What a thread can tell about itself without any instrumentation; the injected probe tells the same. */
import type { ThreadSnapshot } from '../protocol.js';

type Modules = { get<Name extends keyof BuiltIns>(name: Name): BuiltIns[Name] };
interface BuiltIns {
  'node:v8': typeof import('node:v8');
  'node:fs': typeof import('node:fs');
  'node:worker_threads': typeof import('node:worker_threads');
  'node:perf_hooks': typeof import('node:perf_hooks');
  'node:async_hooks': typeof import('node:async_hooks');
}

/** Built-in modules without an import: works in code that an inspector evaluates, where there is no `require`. */
export const modules: Modules = { get: (name) => process.getBuiltinModule(name) as never };

/** The kernel's id of the calling thread, from `/proc/thread-self`; null where there is none. */
export function readOsThreadId(): number | null {
  try {
    const target = modules.get('node:fs').readlinkSync('/proc/thread-self');
    return Number(target.slice(target.lastIndexOf('/') + 1)) || null;
  } catch {
    return null;
  }
}

/** The name given to this worker, where the runtime tells (Node 22.20 and 24.6 on); null elsewhere. */
export function readThreadName(): string | null {
  const workerThreads = modules.get('node:worker_threads') as { threadName?: unknown; isMainThread: boolean };
  if (workerThreads.isMainThread) return 'main';
  return typeof workerThreads.threadName === 'string' && workerThreads.threadName !== ''
    ? workerThreads.threadName
    : null;
}

/** The file that this worker was started with, as Node puts it into `process.argv`; null on main and for code passed as text. */
export function readEntry(): string | null {
  if (modules.get('node:worker_threads').isMainThread) return null;
  const entry: unknown = process.argv[1];
  return typeof entry === 'string' && /^(?:\/|[A-Za-z]:[\\/]|\\\\|file:)/.test(entry) ? entry : null;
}

export function readHeap(): ThreadSnapshot['heap'] {
  const heap = modules.get('node:v8').getHeapStatistics();
  return { used: heap.used_heap_size, limit: heap.heap_size_limit };
}

/** Active resources by type (Node's `process.getActiveResourcesInfo`): those that keep the loop alive. */
export function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** Runs `read`; what it throws becomes a line in `notRead`, never an error of the thread that is looked at. */
export function guarded<Value>(what: string, read: () => Value, fallback: Value, notRead: string[]): Value {
  try {
    return read();
  } catch (error) {
    notRead.push(`${what}: ${error instanceof Error ? error.message : 'unreadable'}`);
    return fallback;
  }
}
