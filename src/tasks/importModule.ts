/**
 * `import()` for code that may have none: what comes out of a `vm.Script` (`agent/threadPart.ts`) cannot import without an
 * experimental feature of Node, which prints a warning. Whoever loads such code lends it its own.
 */
export type ImportModule = (address: string) => Promise<unknown>;

let lent: ImportModule = (address) => import(address);

/** From now on `importModule` works by this. */
export function lendImport(importer: ImportModule): void {
  lent = importer;
}

export function importModule(address: string): Promise<unknown> {
  return lent(address);
}
