/** Where the built files lie. */
import { join } from 'node:path';

/**
 * The folder of the built file that this code is part of: beside it are the package's other parts, and from it the
 * packages are found that it depends on. Null where nobody can tell.
 */
export function packageFolder(): string | null {
  // In this order: under `node --eval` and in the REPL a global `__dirname` stands for the working directory.
  if (typeof import.meta.dirname === 'string') return import.meta.dirname;
  return typeof __dirname === 'string' ? __dirname : null;
}

/** The file of the part that has this name. */
export function partFile(folder: string, name: string): string {
  return join(folder, `guru-meditation-${name}.cjs`);
}
