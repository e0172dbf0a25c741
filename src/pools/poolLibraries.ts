/** Libraries whose pools are known by their threads: how one of their threads is told, and what they keep to themselves. */
import type { Answer } from '../coordinator/collected.js';
import type { RawTaskGroup } from '../protocol.js';
import { originOf, packageOf, toPath, type FrameLike } from '../report/frames.js';

const ONE_FILE = 'whether these workers of one file are of one pool';

/** By package name: the type of its tasks' async resources, where it makes any, and what it does not tell. */
const LIBRARIES = new Map<string, { tasks: string | null; notKnown: string[] }>([
  ['jest-worker', { tasks: null, notKnown: ['how many tasks wait', 'who submitted them', 'the module it runs'] }],
  ['workerpool', { tasks: null, notKnown: ['how many tasks wait', 'who submitted them', ONE_FILE] }],
  ['poolifier', { tasks: 'poolifier:task', notKnown: ['which tasks wait, and which run', ONE_FILE] }],
  ['vitest', { tasks: null, notKnown: ['how many test files wait'] }],
]);

/** What is known of a thread that may work for a pool. */
export interface PoolThread {
  threadId: number;
  /** The file that it was started with. */
  entry: string | null;
  createdAt: readonly FrameLike[];
  stack: readonly FrameLike[];
  /** Whether it has threads of its own: it may be in the code of a pool because it owns one. */
  hasWorkers: boolean;
}

/** The library whose pool the thread works for, by its file, by who created it, or, where nobody knows that, by who called it. */
export function libraryOf({ threadId, entry, createdAt, stack, hasWorkers }: PoolThread): string | null {
  const creator = createdAt.find(isCode)?.file ?? null;
  const isCallerTelling = threadId !== 0 && createdAt.length === 0 && !hasWorkers;
  const caller = isCallerTelling ? (stack.findLast((frame) => !frame.async && isCode(frame))?.file ?? null) : null;
  return [entry, creator, caller].map(libraryOfFile).find((name) => name !== null) ?? null;
}

export function libraryOfFile(file: string | null): string | null {
  const name = file === null ? null : packageOf(toPath(file));
  return isPoolLibrary(name) ? name : null;
}

export function isPoolLibrary(name: string | null): boolean {
  return name !== null && LIBRARIES.has(name);
}

/** What such a pool does not tell, one line each. */
export function notToldBy(library: string): string[] {
  return LIBRARIES.get(library)?.notKnown ?? [];
}

/** Tasks of the library's pools that this thread has submitted and that are not done; empty where they are no async resources. */
export function pendingGroups(library: string, threadId: number | null, answers: readonly Answer[]): RawTaskGroup[] {
  const type = LIBRARIES.get(library)?.tasks ?? null;
  const owner = answers.find(({ snapshot }) => snapshot.threadId === threadId)?.snapshot;
  return type === null ? [] : (owner?.tasks?.groups ?? []).filter((group) => group.type === type);
}

/** Of a package or of the application: whatever is neither Node's nor V8's. */
export function isCode(frame: Pick<FrameLike, 'file'>): boolean {
  return originOf(frame) === 'application' || originOf(frame) === 'package';
}
