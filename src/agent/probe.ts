/**
 * The probe: what the sentinel evaluates in a thread that has no agent. Built into one self-contained expression; it
 * installs nothing, so a task's age or the place where it was created cannot be told here.
 */
import { captureStack } from '../tasks/realm.js';
import type { SnapshotRequest, ThreadSnapshot } from '../protocol.js';
import { countResources, guarded, modules, readHeap, readOsThreadId, readThreadName } from './describe.js';

/** JSON of a `ThreadSnapshot`. */
export function snapshot(requestJson: string): string {
  const started = performance.now();
  const { isMainThread, threadId } = modules.get('node:worker_threads');
  const request = JSON.parse(requestJson) as SnapshotRequest;
  const notRead: string[] = [];
  const found: ThreadSnapshot = {
    threadId,
    osThreadId: readOsThreadId(),
    name: guarded('name', readThreadName, isMainThread ? 'main' : null, notRead),
    parentThreadId: null,
    phase: 'running',
    instrumented: false,
    stack: guarded('stack', () => captureStack(), [], notRead),
    turnedAgoMs: null,
    utilization: guarded(
      'event loop',
      () => modules.get('node:perf_hooks').performance.eventLoopUtilization().utilization,
      null,
      notRead,
    ),
    heap: guarded('heap', readHeap, null, notRead),
    resources: guarded('resources', countResources, {}, notRead),
    children: [],
    tasks: null,
    notRead,
    pauseMs: 0,
  };
  if (request.heapScan !== 'never')
    notRead.push('tasks: this thread does not have the preload, so nobody watched its tasks');
  found.pauseMs = performance.now() - started;
  return JSON.stringify(found);
}

/** JSON of `RawFrame[]`. */
export function stack(): string {
  return JSON.stringify(captureStack());
}
