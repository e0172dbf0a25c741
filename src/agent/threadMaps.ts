/**
 * What only the thread itself can tell of a place in its code: the source maps of code that a loader made (tsx, Vitest),
 * which no file holds, and whether TypeScript runs as it was written. Asked for when a report is taken, also inside an
 * interrupt; the lines themselves are read elsewhere.
 */
import { packageOf, toPath } from '../report/frames.js';
import type { RawFrame, RawPool, TaskSnapshot } from '../protocol.js';
import { monotonicMs } from '../tasks/clock.js';
import { isVitestThread, vitestSourceMap } from './vitest.js';

/** Frames that are looked at, at most. */
const FRAMES_MAX = 2000;
/** For all maps together: a map is decoded when it is first asked for, in this thread. */
const TIME_MAX_MS = 8;
/** Tests serve nobody: what their report is for is the right line. */
const TEST_TIME_MAX_MS = 100;
/** A larger file is a bundle, whose map is decoded elsewhere; a map of this size takes about 8 ms. In bytes. */
const FILE_MAX = 100_000;

const TYPESCRIPT_NAME = /\.[cm]?tsx?$/i;
/** What compiles TypeScript, as it stands in Node's flags. */
const COMPILERS = inFlags('tsx|ts-node|ts-node-dev');
/** What may change all code of an application, and keeps its maps to itself. */
const TRANSFORMERS = inFlags('@swc|@swc-node|esbuild-register|@esbuild-kit|sucrase|@babel|jiti|vite-node');
/** It changes the code of threads that it starts itself, not of workers that a test starts; its maps are where `vitest.ts` finds them. */
const TEST_RUNNER = inFlags('vitest');
/** CommonJS that a test runner leaves to Node. */
const LEFT_TO_NODE = /\.cjs$/i;
const OTHER_LOADERS = /--(?:experimental-)?loader|--experimental-transform-types/;

/** How this thread came to its code. */
type Loading = 'stripped' | 'transformed' | 'unknown';

interface Entry {
  generatedLine?: number;
  originalSource?: unknown;
  originalLine?: unknown;
  originalColumn?: unknown;
}
interface ModuleApi {
  SourceMap?: new (payload: object) => { findEntry(line: number, column: number): Entry };
  findSourceMap?(path: string): { findEntry(line: number, column: number): Entry } | undefined;
}
type ThreadMap = ReturnType<NonNullable<ModuleApi['findSourceMap']>>;

/** Adds `mapped` to the frames for which this thread has a map, or knows that none is needed or to be had. Never throws. */
export function applyThreadMaps(frames: readonly RawFrame[]): void {
  try {
    const api = process.getBuiltinModule('node:module') as ModuleApi;
    const loading = loadingOf(api);
    const hasMaps = (process as { sourceMapsEnabled?: boolean }).sourceMapsEnabled !== false;
    if (!hasMaps && loading === 'unknown') return;
    const byFile = groupByFile(frames);
    const start = monotonicMs();
    for (const [path, places] of byFile) {
      const takenMs = monotonicMs() - start;
      const made = loading === 'transformed' && takenMs < TEST_TIME_MAX_MS ? findTestMap(api, path) : undefined;
      const map = made ?? (hasMaps && takenMs < TIME_MAX_MS ? findMap(api, path) : undefined);
      for (const frame of places) mapFrame(frame, path, map, loading);
    }
  } catch {
    // The places stay what they are.
  }
}

/** All frames of the tasks, for `applyThreadMaps`. */
export function framesOf(tasks: TaskSnapshot | null): RawFrame[] {
  if (tasks === null) return [];
  return tasks.groups.flatMap(({ awaitStack, createdAt }) => [...awaitStack, ...createdAt]);
}

/** The same of the pools. */
export function framesOfPools(pools: readonly RawPool[]): RawFrame[] {
  return pools.flatMap(({ running, oldestQueued, queuedAt }) => {
    const told = oldestQueued === null ? running : [...running, oldestQueued];
    return [...queuedAt.flatMap(({ stack }) => stack), ...told.flatMap(({ submittedAt }) => submittedAt)];
  });
}

/** Frames that may have a map, TypeScript first: where time runs out, it is for those that need it least. */
function groupByFile(frames: readonly RawFrame[]): Map<string, RawFrame[]> {
  const groups = new Map<string, RawFrame[]>();
  for (const frame of frames.slice(0, FRAMES_MAX)) {
    if (frame.file === null || frame.line === null || frame.file.startsWith('node:')) continue;
    const path = toPath(frame.file);
    const group = groups.get(path);
    if (group === undefined) groups.set(path, [frame]);
    else group.push(frame);
  }
  const paths = [...groups].sort(([left], [right]) => rank(left) - rank(right));
  return new Map(paths);
}

function rank(path: string): number {
  return TYPESCRIPT_NAME.test(path) ? 0 : 1;
}

function findMap(api: ModuleApi, path: string): ThreadMap {
  if (!/^(?:\/|[A-Za-z]:[\\/])/.test(path)) return undefined;
  const stats = process.getBuiltinModule('node:fs').statSync(path, { throwIfNoEntry: false });
  return stats === undefined || stats.size > FILE_MAX ? undefined : api.findSourceMap?.(path);
}

/** Of what a test runner made of the file, without Node's knowledge. */
function findTestMap({ SourceMap }: ModuleApi, path: string): ThreadMap {
  const payload = SourceMap === undefined ? null : vitestSourceMap(path);
  return payload === null || SourceMap === undefined ? undefined : new SourceMap(payload);
}

function mapFrame(frame: RawFrame, path: string, map: ThreadMap, loading: Loading): void {
  const line = frame.line ?? 1;
  const column = frame.column ?? 1;
  const original = originalOf(map, line, column);
  if (original !== null) frame.mapped = original;
  else if (map !== undefined && loading !== 'transformed') return;
  else if (loading === 'stripped' && TYPESCRIPT_NAME.test(path)) frame.mapped = { file: path, line, column };
  else if (loading === 'transformed' && packageOf(path) === null && !isLeftToNode(path)) frame.mapped = null;
}

function isLeftToNode(path: string): boolean {
  return LEFT_TO_NODE.test(path) && isVitestThread();
}

/** Null where the map has no entry in this line; it gives the nearest one before, also of another line. */
function originalOf(map: ThreadMap, line: number, column: number): NonNullable<RawFrame['mapped']> | null {
  const entry = map?.findEntry(line - 1, column - 1);
  if (entry === undefined || entry.generatedLine !== line - 1) return null;
  const { originalSource: source, originalLine, originalColumn } = entry;
  if (typeof source !== 'string' || source === '') return null;
  if (!Number.isSafeInteger(originalLine) || !Number.isSafeInteger(originalColumn)) return null;
  return { file: toPath(source), line: Number(originalLine) + 1, column: Number(originalColumn) + 1 };
}

/** `stripped`: Node itself takes the types out of what it loads here, which keeps every line and column. */
function loadingOf(api: ModuleApi): Loading {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? '', process.argv[1] ?? ''];
  const has = (pattern: RegExp): boolean => flags.some((flag) => pattern.test(flag));
  if (has(TRANSFORMERS) || TEST_RUNNER.test(process.argv[1] ?? '')) return 'transformed';
  if ((process.features as { typescript?: unknown }).typescript !== 'strip') return 'unknown';
  if (has(COMPILERS) || has(OTHER_LOADERS)) return 'unknown';
  const extensions = Reflect.get(api, '_extensions') as Record<string, { name?: unknown } | undefined> | undefined;
  const loader = extensions?.['.ts'];
  return loader === undefined || loader.name === 'loadTS' ? 'stripped' : 'unknown';
}

/** A package's name as it is given to a flag, or as a path into it. */
function inFlags(names: string): RegExp {
  return new RegExp(`(?:^|[\\s=]|node_modules[\\\\/](?:\\.bin[\\\\/])?)(?:${names})(?:[\\\\/\\s]|$)`);
}
