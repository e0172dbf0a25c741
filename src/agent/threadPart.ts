/**
 * Loads what runs in every thread and on main: parts, each a file of its own. The one that watches a thread may come out of
 * the code cache (`codeCache.ts`); those that are loaded when they are needed come out of memory. One that is loaded beside
 * another requires of it what both need.
 *
 * Such a file is one function, the one that `require` would put around it: putting it there at each start of a process would
 * copy the text, and with that much more allocated a short-lived process collects garbage once more.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Script } from 'node:vm';
import { latin1, type CompiledFile, type CompiledSource } from './codeCache.js';

/** Taken at load: the application may put its own in its place. */
const { getBuiltinModule } = process;

type Wrapper = (
  exports: object,
  require: (name: string) => unknown,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;

export interface LoadedPart extends CompiledFile {
  /** What the file exports. */
  exports: object;
  /**
   * Runs another file, which may require this one and those that this one is beside of.
   * @param text - ASCII; without it, the file is read
   * @throws what reading, compiling or running it throws
   */
  beside(file: string, text?: Uint8Array): LoadedPart;
}

/**
 * Runs such a file as `require` would, but that nobody else finds it, and that it cannot `import()` (`lendImport`).
 * @param known - the file as another thread has compiled it
 * @param others - what it is beside of
 * @throws what reading, compiling or running it throws
 */
export function loadPart(file: string, known: CompiledSource | null, others: readonly LoadedPart[] = []): LoadedPart {
  const source = known?.source ?? readFileSync(file, 'utf8');
  const code = known?.code;
  const script = new Script(source, { filename: file, ...(code && { cachedData: code }) });
  const run = script.runInThisContext() as Wrapper;
  const module = { exports: {} };
  run(module.exports, requireFor(file, others), module, file, dirname(file));
  const part: LoadedPart = {
    file,
    exports: module.exports,
    compiled: () => ({ source, code: script.createCachedData() }),
    beside: (name, text) => loadPart(name, text ? { source: latin1(text) } : null, [part, ...others]),
  };
  return part;
}

/** What `require` is in such a file. Node's own modules come without `node:module`, which takes a worker half a millisecond. */
function requireFor(file: string, others: readonly LoadedPart[]): (name: string) => unknown {
  let require: NodeJS.Require | null = null;
  return (name) =>
    getBuiltinModule(name) ??
    others.find((other) => name === `./${basename(other.file)}`)?.exports ??
    (require ??= getBuiltinModule('node:module').createRequire(file))(name);
}
