/** Threads that belong to a library and not to the application: recognised by their code, and called what they are. */
import type { RawFrame } from '../protocol.js';
import { originOf, packageOf, toPath } from '../report/frames.js';

/** What is known of a thread that may be a helper. */
export interface ThreadTraces {
  /** The file that it was started with. */
  entry: string | null;
  /** What it is doing, most recent call first. */
  stack: readonly RawFrame[];
  /** Where it was created. */
  createdAt: readonly RawFrame[];
  /** What the inspector calls it. */
  title: string | null;
}

const MODULE_HOOKS = 'module hooks';
/** What runs in the thread of the module hooks, and nowhere else: their callers' own threads run `esm/hooks`. */
const HOOKS_THREAD = 'internal/modules/esm/worker';
/** What starts that thread, between `new Worker` and the code that registered hooks or imported something. */
const HOOKS_STARTER = /^node:internal\/modules\/(?:esm\/)?(?:hooks|customization_hooks)$/;

/** Packages that start threads of their own, and what these are for. */
const LIBRARIES = new Map([
  ['thread-stream', 'logging (thread-stream)'],
  ['synckit', 'synchronous bridge (synckit)'],
]);

/**
 * What the thread is for; null for a thread of the application, also one that calls such a library, or waits for it. A library's
 * thread is known by the file it was started with, by who created it, or by who called first on its stack.
 */
export function helperOf({ entry, stack, createdAt, title }: ThreadTraces): string | null {
  const outermost = stack.findLast((frame) => !frame.async && frame.kind === 'call' && isCode(frame));
  if (title?.includes(HOOKS_THREAD) === true) return MODULE_HOOKS;
  if (stack.some(({ file }) => file === `node:${HOOKS_THREAD}`)) return MODULE_HOOKS;
  const creator = createdAt.findIndex(isCode);
  const starter = creator < 0 ? createdAt : createdAt.slice(0, creator);
  if (starter.some(({ file }) => file !== null && HOOKS_STARTER.test(file))) return MODULE_HOOKS;
  const files = [entry, createdAt[creator]?.file ?? null, outermost?.file ?? null];
  return files.map(libraryHelper).find((helper) => helper !== null) ?? null;
}

function libraryHelper(file: string | null): string | null {
  return file === null ? null : (LIBRARIES.get(packageOf(toPath(file)) ?? '') ?? null);
}

/** Of a package or of the application: whatever is neither Node's nor V8's. */
function isCode(frame: RawFrame): boolean {
  const origin = originOf(frame);
  return origin === 'package' || origin === 'application';
}
