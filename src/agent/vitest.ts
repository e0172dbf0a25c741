/**
 * What Vitest keeps in a thread or process that it runs tests in: which test is running, and the code that it made of each
 * file. All of it is read as data, and nothing of it is called; where Vitest keeps it elsewhere one day, nothing is known.
 */
import type { RunningTest } from '../protocol.js';
import { dataOf } from '../tasks/ownData.js';

/** Without an import: this is part of the heap probe too, which is evaluated where `require` does not exist. */
const { types } = process.getBuiltinModule('node:util');

/** What Vitest's workers call their state, on `globalThis`. */
const STATE = '__vitest_worker__';
const MAP_MARK = '//# sourceMappingURL=data:application/json;';
const BASE64 = 'base64,';
const TEXT_MAX = 1000;
/** With its map in it; decoding one of this size takes about 10 ms. */
const CODE_MAX = 400_000;

// As Node made them: a test may put its own in their place.
const { get: valueIn } = Map.prototype;
const { values: membersOf } = Set.prototype;

/** The test that runs in this thread; null without Vitest and between two files. Never throws. */
export function runningTest(): RunningTest | null {
  try {
    const state = dataOf(globalThis, STATE);
    const file = textOf(dataOf(state, 'filepath'));
    if (file === null) return null;
    const current = dataOf(state, 'current');
    const startTime = dataOf(dataOf(current, 'result'), 'startTime');
    const isRunning = typeof startTime === 'number' && dataOf(dataOf(current, 'result'), 'duration') === undefined;
    return {
      runner: 'vitest',
      file,
      name: isRunning ? (textOf(dataOf(current, 'fullTestName')) ?? textOf(dataOf(current, 'name'))) : null,
      runningMs: isRunning ? Math.max(0, Date.now() - startTime) : null,
    };
  } catch {
    return null;
  }
}

/** Whether Vitest's state is to be seen here: what it transforms is then found in it, what is not it has left to Node. */
export function isVitestThread(): boolean {
  return dataOf(globalThis, STATE) !== undefined;
}

/**
 * The source map of what Vitest made of this file, as JSON has it; null where there is none, where it cannot be read, and where
 * it is not the only one. Never throws.
 */
export function vitestSourceMap(path: string): object | null {
  try {
    return sourceMapOf(path);
  } catch {
    return null;
  }
}

function sourceMapOf(path: string): object | null {
  const modules = dataOf(dataOf(dataOf(globalThis, STATE), 'evaluatedModules'), 'fileToModulesMap');
  if (!types.isMap(modules)) return null;
  const nodes: unknown = valueIn.call(modules, path);
  if (!types.isSet(nodes)) return null;
  const codes = new Set([...membersOf.call(nodes)].map((node) => dataOf(dataOf(node, 'meta'), 'code')));
  const [code] = codes;
  return codes.size === 1 && typeof code === 'string' ? mapIn(code, path) : null;
}

/** Vite names the source by its base name: it is the file itself, where it is the only one. */
function mapIn(code: string, path: string): object | null {
  const start = code.lastIndexOf(MAP_MARK);
  if (start < 0 || code.length > CODE_MAX) return null;
  const data = code.indexOf(BASE64, start);
  if (data < 0) return null;
  // In a process of tests a comment of Vitest's own follows.
  const [encoded = ''] = code.slice(data + BASE64.length).split('\n', 1);
  const map: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  if (typeof map !== 'object' || map === null) return null;
  const sources = dataOf(map, 'sources');
  return Array.isArray(sources) && sources.length === 1 ? { ...map, sources: [path], sourceRoot: '' } : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_MAX) : null;
}
