/**
 * From a pool's own async resource to the pool: Piscina and Tinypool extend Node's `EventEmitterAsyncResource`, whose
 * resource refers to its emitter. Anybody may give a resource that name, so the stack of its creation has to say that it
 * was Node's class that made it, for a class of that name in a package.
 */
import { decodeForeignFrames } from './frameText.js';
import type { HandleRecord } from './handleRecord.js';
import { isOwnFile } from './realm.js';

/** The pool whose resource this record is for; null where that is not certain. Never throws. */
export function poolObjectOf(record: HandleRecord): object | null {
  try {
    const { resource } = record;
    if (resource === undefined || !isMadeByLibrary(record)) return null;
    const node = Object.getPrototypeOf(resource) as object;
    const getter = Object.getOwnPropertyDescriptor(node, 'eventEmitter')?.get;
    const pool: unknown = getter?.call(resource);
    return typeof pool === 'object' && pool !== null ? pool : null;
  } catch {
    return null;
  }
}

/** Node's frames first, then the constructor of the library's class. */
function isMadeByLibrary(record: HandleRecord): boolean {
  const stack = decodeForeignFrames(record.creation() ?? '', isOwnFile);
  const outside = stack.findIndex(({ file }) => file?.startsWith('node:') !== true);
  const maker = stack[outside];
  return (
    outside > 0 &&
    stack[outside - 1]?.file === 'node:events' &&
    maker?.function === `new ${record.type.name}` &&
    /[\\/]node_modules[\\/]/.test(maker.file ?? '')
  );
}
