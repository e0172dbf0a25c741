/**
 * Loads what runs in every thread, in two parts, each a file of its own: the one that watches may come out of the code cache
 * (`codeCache.ts`); the one that answers comes out of memory, when it is needed, and asks the first for what both need.
 *
 * Such a file is one function, the one that `require` would put around it: putting it there at each start of a process would
 * copy the text, and with that much more allocated a short-lived process collects garbage once more.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Script } from 'node:vm';
import { latin1, type CompiledFile, type CompiledSource } from './codeCache.js';
import type { KeptText } from './keptText.js';

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
}

/**
 * Runs such a file as `require` would, but that nobody else finds it, and that it cannot `import()` (`lendImport`).
 * @param known - the file as another thread has compiled it
 * @throws what reading, compiling or running it throws
 */
export function loadPart(file: string, known: CompiledSource | null): LoadedPart {
  const source = known?.source ?? readFileSync(file, 'utf8');
  const { exports, script } = runPart(file, source, known?.code ?? null, requireFor(file));
  return { file, exports, compiled: () => ({ source, code: script.createCachedData() }) };
}

/**
 * Runs the text of another file that belongs to a loaded part: what it requires of that one is what is loaded.
 * @throws what reading, compiling or running it throws
 */
export function loadBeside(part: LoadedPart, { file, bytes }: KeptText): object {
  const require = requireFor(file);
  const asked = `./${basename(part.file)}`;
  const ask = (name: string): unknown => (name === asked ? part.exports : require(name));
  return runPart(file, latin1(bytes), null, ask).exports;
}

/** What `require` is in such a file. Node's own modules come without `node:module`, which takes a worker half a millisecond. */
function requireFor(file: string): (name: string) => unknown {
  let require: NodeJS.Require | null = null;
  return (name) => getBuiltinModule(name) ?? (require ??= getBuiltinModule('node:module').createRequire(file))(name);
}

function runPart(
  file: string,
  source: string,
  code: Uint8Array | null,
  require: (name: string) => unknown,
): { exports: object; script: Script } {
  const script = new Script(source, { filename: file, ...(code && { cachedData: code }) });
  const module = { exports: {} };
  const run = script.runInThisContext() as Wrapper;
  run(module.exports, require, module, file, dirname(file));
  return { exports: module.exports, script };
}
