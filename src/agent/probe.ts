/**
 * The probe: what the sentinel evaluates in a thread that has no agent. Built into one self-contained expression; it
 * installs nothing, so a task's age or the place where it was created cannot be told here.
 */
import { captureStack } from '../tasks/currentStack.js';
import type { ThreadSnapshot } from '../protocol.js';
import { countResources, guarded, modules, readEntry, readHeap, readOsThreadId, readThreadName } from './describe.js';

/** JSON of a `ThreadSnapshot`. */
export function snapshot(): string {
  const started = performance.now();
  const { isMainThread, threadId } = modules.get('node:worker_threads');
  const notRead = ['tasks: this thread does not have the preload, so nobody watched its tasks'];
  const found: ThreadSnapshot = {
    threadId,
    osThreadId: readOsThreadId(),
    name: guarded('name', readThreadName, isMainThread ? 'main' : null, notRead),
    entry: guarded('entry', readEntry, null, notRead),
    test: null,
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
    sections: [],
    pools: [],
    tasks: null,
    notRead,
    pauseMs: 0,
  };
  found.pauseMs = performance.now() - started;
  return JSON.stringify(found);
}

/** JSON of a `Look` of the sentinel. */
export function look(): string {
  const notRead: string[] = [];
  return JSON.stringify({
    stack: guarded('stack', () => captureStack(), [], notRead),
    loops: guarded('loop count', readLoopCount, null, notRead),
    executionId: guarded('running tick', () => modules.get('node:async_hooks').executionAsyncId(), 0, notRead),
    entry: guarded('entry', readEntry, null, notRead),
    heap: guarded('heap', readHeap, null, notRead),
    oldSpace: guarded('heap', readOldSpace, null, notRead),
    oldLimit: guarded('heap', readOldLimit, null, notRead),
    osThreadId: readOsThreadId(),
  });
}

/** Bytes in use outside of the young generation: what the limit of the old one is for. */
function readOldSpace(): number {
  const spaces = modules.get('node:v8').getHeapSpaceStatistics();
  return spaces.reduce((sum, space) => sum + (space.space_name.startsWith('new_') ? 0 : space.space_used_size), 0);
}

/** What the worker was given, or the command line says. */
function readOldLimit(): number | null {
  const given = modules.get('node:worker_threads').resourceLimits?.maxOldGenerationSizeMb;
  const words = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`;
  const said = /--max[-_]old[-_]space[-_]size[= ](\d+)/.exec(words)?.[1];
  const megabytes = given ?? (said === undefined ? 0 : Number(said));
  return megabytes > 0 ? megabytes * 1024 * 1024 : null;
}

/** How often the loop has turned (`uvMetricsInfo`, Node 20.18 and 22.8 on); null where the runtime does not count. */
function readLoopCount(): number | null {
  const timing = modules.get('node:perf_hooks').performance.nodeTiming as { uvMetricsInfo?: { loopCount?: number } };
  return timing.uvMetricsInfo?.loopCount ?? null;
}
