/**
 * Reads of objects that belong to the application: a getter or a proxy of its would run its code inside a report, where
 * nobody can stop a loop. So only data properties are read, and proxies are left alone. Where Node itself has a getter,
 * Node's own is called, whatever the object or its class made of it.
 */
/** Without an import: this is part of the heap probe too, which is evaluated where `require` does not exist. */
const { types } = process.getBuiltinModule('node:util');

const PROTOTYPES_MAX = 16;

/** Whether `prototype` is among the prototypes of `value`; no proxy is asked. */
export function isOf(value: unknown, prototype: object): boolean {
  let holder = value;
  for (let step = 0; step < PROTOTYPES_MAX && isPlain(holder); step++) {
    if (holder === prototype) return true;
    holder = Object.getPrototypeOf(holder);
  }
  return false;
}

/** The value of a data property of `value` or of its prototypes; undefined where there is none, or only a getter. */
export function dataOf(value: unknown, key: PropertyKey): unknown {
  return propertyOf(value, key)?.value;
}

/** The value of a function's own data property; undefined for whatever is no function. */
export function functionDataOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'function' || types.isProxy(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** The same as `dataOf`, or what the getter that `node` (a class of Node's) has for this key answers. */
export function nodeValueOf(value: unknown, key: PropertyKey, node: { readonly prototype: object }): unknown {
  const property = propertyOf(value, key);
  if (property === undefined || 'value' in property) return property?.value;
  return propertyOf(node.prototype, key)?.get?.call(value) as unknown;
}

/** The own keys of an object, at most `most`; none of a proxy. */
export function keysOf(value: unknown, most: number): string[] {
  return isPlain(value) ? Object.keys(value).slice(0, most) : [];
}

export function objectOf(value: unknown): object | null {
  return typeof value === 'object' && value !== null ? value : null;
}

/** The native handle of a socket. */
export function handleOf(socket: object | null): object | null {
  return objectOf(nodeValueOf(socket, '_handle', process.getBuiltinModule('node:net').Socket));
}

/** Asked for many resources at every heartbeat: it allocates nothing but what it returns. */
function propertyOf(value: unknown, key: PropertyKey): PropertyDescriptor | undefined {
  let holder = value;
  for (let step = 0; step < PROTOTYPES_MAX && isPlain(holder); step++) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return property;
    holder = Object.getPrototypeOf(holder);
  }
  return undefined;
}

/** An object, and no proxy. */
function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !types.isProxy(value);
}
