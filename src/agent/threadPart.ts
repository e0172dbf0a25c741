/** Loads what runs in every thread: a file of its own, so that it can come out of the code cache (`codeCache.ts`). */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import type { CompiledFile, CompiledSource } from './codeCache.js';

/** On one line with the first of the file, whose columns are moved back by as much. */
const HEAD = '(function (exports, require, module, __filename, __dirname) {';

type Wrapper = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;

export interface LoadedPart extends CompiledFile {
  /** What the file exports. */
  exports: object;
}

/**
 * Runs a CommonJS file as `require` would, but that nobody else finds it, and that it cannot `import()` (`lendImport`).
 * @param known - the file as another thread has compiled it
 * @throws what reading, compiling or running it throws
 */
export function loadPart(file: string, known: CompiledSource | null): LoadedPart {
  const source = known?.source ?? readFileSync(file, 'utf8');
  const script = new Script(`${HEAD}${source}\n})`, {
    filename: file,
    columnOffset: -HEAD.length,
    ...(known && { cachedData: known.code }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as Wrapper;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return { file, exports: module.exports, compiled: () => ({ source, code: script.createCachedData() }) };
}
