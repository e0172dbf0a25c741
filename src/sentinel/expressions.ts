/** The text that is evaluated in a thread: a call of its agent, or of the self-contained probe where it has none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../packageFolder.js';
import type { HeapScanLimits, SnapshotRequest } from '../protocol.js';

const AGENT = 'globalThis[Symbol.for("guru-meditation.agent")]';

const FOLDER = packageFolder() ?? '.';

/** Read once: by file name. */
const texts = new Map<string, string>();

/** Gives JSON of a `ThreadSnapshot`, or '' where the thread has no agent. */
export function snapshotExpression(request: SnapshotRequest, by: 'agent' | 'probe'): string {
  const argument = JSON.stringify(JSON.stringify(request));
  return by === 'agent' ? `${AGENT}?.snapshot(${argument}) ?? ""` : inProbe('snapshot()');
}

/** Gives JSON of a `Look`, or '' where the thread has no agent. */
export function lookExpression(by: 'agent' | 'probe'): string {
  if (by === 'probe') return inProbe('look()');
  return `(() => { const agent = ${AGENT}; if (agent === undefined) return "";
    let entry = null, loops = null, executionId = 0, heap = null, oldSpace = null, oldLimit = null;
    try {
      loops = process.getBuiltinModule("node:perf_hooks").performance.nodeTiming.uvMetricsInfo?.loopCount ?? null;
      executionId = process.getBuiltinModule("node:async_hooks").executionAsyncId();
      const threads = process.getBuiltinModule("node:worker_threads");
      const file = threads.isMainThread ? null : process.argv[1];
      if (typeof file === "string" && /^([/\\\\]|[A-Za-z]:|file:)/.test(file)) entry = file;
      const v8 = process.getBuiltinModule("node:v8");
      const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
      heap = { used, limit };
      oldSpace = 0;
      for (const space of v8.getHeapSpaceStatistics()) if (!space.space_name.startsWith("new_")) oldSpace += space.space_used_size;
      const words = process.execArgv.join(" ") + " " + (process.env.NODE_OPTIONS ?? "");
      const megabytes = threads.resourceLimits?.maxOldGenerationSizeMb
        ?? Number(/--max[-_]old[-_]space[-_]size[= ](\\d+)/.exec(words)?.[1] ?? 0);
      oldLimit = megabytes > 0 ? megabytes * 1024 * 1024 : null;
    } catch {}
    return JSON.stringify({ entry, loops, executionId, heap, oldSpace, oldLimit, osThreadId: null, stack: JSON.parse(agent.stack()) }); })()`;
}

/**
 * What all promises of a thread have in common, without making one: hooks of the application would see that. It is
 * undefined where the application put something of its own in place of `Promise`.
 */
export const PROMISE_PROTOTYPE = `(() => {
  const known = Object.getOwnPropertyDescriptor(globalThis, "Promise")?.value;
  const isNative = typeof known === "function" && Function.prototype.toString.call(known) === "function Promise() { [native code] }";
  return isNative ? known.prototype : undefined; })()`;

/** Gives JSON of `HeapFindings`; `$_`, of the inspector's command line, must be a list of all promises of the thread. */
export function awaitedExpression(limits: Omit<HeapScanLimits, 'ownFiles'>): string {
  const argument = JSON.stringify({ ...limits, ownFiles: ownFiles() } satisfies HeapScanLimits);
  return `(() => { ${bundled('guru-meditation-heap-probe.js')}\nreturn guruMeditationHeapProbe.awaited($_, ${argument}); })()`;
}

/** The probe leaves nothing behind in the thread: it is one expression, and its names live in a function's scope. */
function inProbe(call: 'snapshot()' | 'look()'): string {
  return `(() => { ${bundled('guru-meditation-probe.js')}\nreturn guruMeditationProbe.${call}; })()`;
}

function bundled(name: string): string {
  const text = texts.get(name) ?? readFileSync(join(FOLDER, name), 'utf8');
  texts.set(name, text);
  return text;
}

/** What of this package runs in threads of the application, as V8 knows scripts: by path, or by URL. */
function ownFiles(): string[] {
  const parts = ['agent', 'answers', 'coordinator', 'leading', 'report'].map((part) => `guru-meditation-${part}.cjs`);
  const paths = ['register.cjs', 'index.js', ...parts].map((name) => join(FOLDER, name));
  return paths.flatMap((path) => [path, pathToFileURL(path).href]);
}
