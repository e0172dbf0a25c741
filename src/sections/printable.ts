/**
 * Turns any value into JSON for a report: nothing it does to the value can throw, run on, or grow without a bound, and
 * whatever is left out is said at its place.
 */
import { types } from 'node:util';
import type { Json } from '../report/types.js';

export interface PrintableLimits {
  /** How many levels deep. */
  depth: number;
  /** How many entries of one object or list. */
  width: number;
  /** How many characters of one string. */
  text: number;
  /** How many characters in all, about. */
  size: number;
}

/** Enough for any configuration a person reads; a report stays well under a megabyte a section. */
export const DEFAULT_LIMITS: PrintableLimits = { depth: 12, width: 500, text: 10_000, size: 256 * 1024 };

interface Walk {
  limits: PrintableLimits;
  left: number;
  /** The objects on the way down to the current one, and where each stands. */
  above: Map<object, string>;
}

/** A JSON copy of any value; see the limits for where it is cut. Never throws. */
export function toJson(value: unknown, limits: Partial<PrintableLimits> = {}): Json {
  const all = { ...DEFAULT_LIMITS, ...limits };
  return convert(value, '$', { limits: all, left: all.size, above: new Map() });
}

function convert(value: unknown, path: string, walk: Walk): Json {
  try {
    const json =
      typeof value === 'object' && value !== null ? fromObject(value, path, walk) : fromPrimitive(value, walk);
    if (typeof json !== 'object') walk.left -= String(json).length;
    return json;
  } catch (error) {
    return `(unreadable: ${reasonOf(error)})`;
  }
}

function fromPrimitive(value: unknown, walk: Walk): Json {
  switch (typeof value) {
    case 'string':
      return cut(value, walk);
    case 'number':
      return Number.isFinite(value) ? value || 0 : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return cut(`${value}n`, walk);
    case 'function':
      return value.name === '' ? '(function)' : `(function ${String(value.name).slice(0, 200)})`;
    case 'symbol':
      return cut(String(value), walk);
    default:
      return value === null ? null : '(undefined)';
  }
}

function cut(text: string, walk: Walk): Json {
  const most = Math.max(0, Math.min(walk.limits.text, walk.left));
  if (text.length <= most) return text;
  return most === 0
    ? `(${text.length} characters left out)`
    : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

function fromObject(value: object, path: string, walk: Walk): Json {
  const known = fromKnown(value, walk);
  if (known !== undefined) return known;
  const where = walk.above.get(value);
  if (where !== undefined) return `(circular: ${where})`;
  if (walk.above.size >= walk.limits.depth) return `(${nameOf(value)}: deeper than ${walk.limits.depth} levels)`;
  walk.above.set(value, path.slice(0, 500));
  try {
    return fromContainer(value, path, walk);
  } finally {
    walk.above.delete(value);
  }
}

/** Objects that are one value to a reader. */
function fromKnown(value: object, walk: Walk): Json | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '(invalid date)' : value.toISOString();
  if (value instanceof RegExp || value instanceof URL) return cut(String(value), walk);
  if (types.isBoxedPrimitive(value)) return fromPrimitive(value.valueOf(), walk);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return `(${nameOf(value)} of ${value.byteLength} bytes)`;
  }
  const isOpaque =
    value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef;
  return isOpaque ? `(${nameOf(value)})` : undefined;
}

function fromContainer(value: object, path: string, walk: Walk): Json {
  if (Array.isArray(value)) return list(value.length, (index): unknown => value[index], path, walk);
  if (value instanceof Set) return fromSet(value, path, walk);
  if (value instanceof Map) return fromMap(value, path, walk);
  if (value instanceof Error) return fromError(value, path, walk);
  const plain: unknown = Reflect.get(value, 'toJSON');
  if (typeof plain === 'function') return convert(Reflect.apply(plain, value, ['']), `${path}.toJSON()`, walk);
  const keys = Object.keys(value);
  return fields(keys, (key): unknown => Reflect.get(value, key), path, walk);
}

function list(length: number, at: (index: number) => unknown, path: string, walk: Walk): Json[] {
  const items: Json[] = [];
  for (let index = 0; index < length; index++) {
    if (index >= walk.limits.width || walk.left <= 0) return [...items, `(${length - index} more items)`];
    items.push(read(() => at(index), `${path}[${index}]`, walk));
    walk.left -= 2;
  }
  return items;
}

function fields(keys: string[], at: (key: string) => unknown, path: string, walk: Walk): Json {
  const entries: [string, Json][] = [];
  for (const [index, key] of keys.entries()) {
    if (index >= walk.limits.width || walk.left <= 0) {
      entries.push(['…', `(${keys.length - index} more keys)`]);
      break;
    }
    walk.left -= Math.min(key.length, 1000) + 4;
    entries.push([key.length > 1000 ? `${key.slice(0, 1000)}…` : key, read(() => at(key), `${path}.${key}`, walk)]);
  }
  return Object.fromEntries(entries);
}

function read(get: () => unknown, path: string, walk: Walk): Json {
  let value: unknown;
  try {
    value = get();
  } catch (error) {
    return `(threw: ${reasonOf(error)})`;
  }
  return convert(value, path, walk);
}

function fromSet(value: Set<unknown>, path: string, walk: Walk): Json {
  const items = firstOf(Set.prototype.values.call(value), walk.limits.width);
  return list(value.size, (index) => items[index], path, walk);
}

function fromMap(value: Map<unknown, unknown>, path: string, walk: Walk): Json {
  const entries = firstOf(Map.prototype.entries.call(value) as Iterator<[unknown, unknown]>, walk.limits.width);
  if (!entries.every(([key]) => typeof key === 'string'))
    return list(value.size, (index) => entries[index], path, walk);
  const keys = entries.map(([key]) => key as string);
  const json = fields(keys, (key) => Map.prototype.get.call(value, key), path, walk);
  const more = value.size - entries.length;
  return more > 0 ? { ...(json as Record<string, Json>), '…': `(${more} more keys)` } : json;
}

function fromError(error: Error, path: string, walk: Walk): Json {
  const stack = read(() => error.stack, `${path}.stack`, walk);
  const own = Object.keys(error).filter((key) => !['name', 'message', 'stack'].includes(key));
  const names = [
    'name',
    'message',
    ...own,
    ...(Object.hasOwn(error, 'cause') && !own.includes('cause') ? ['cause'] : []),
  ];
  const shown = fields(names, (key): unknown => Reflect.get(error, key), path, walk) as Record<string, Json>;
  return typeof stack === 'string' ? { ...shown, stack: stack.split(/\r?\n\s*/).slice(0, 30) } : shown;
}

function firstOf<Item>(iterator: Iterator<Item>, most: number): Item[] {
  const items: Item[] = [];
  for (let next = iterator.next(); next.done !== true && items.length < most; next = iterator.next())
    items.push(next.value);
  return items;
}

function nameOf(value: object): string {
  try {
    const name: unknown = Reflect.getPrototypeOf(value)?.constructor?.name;
    return typeof name === 'string' && name !== '' ? name.slice(0, 100) : 'Object';
  } catch {
    return 'Object';
  }
}

function reasonOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown).slice(0, 200);
  } catch {
    return 'an unprintable value was thrown';
  }
}
