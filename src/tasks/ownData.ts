/**
 * Reads of objects that belong to the application: a getter or a proxy of its would run its code inside a report, where
 * nobody can stop a loop. So only data properties are read, and proxies are left alone. Where Node itself has a getter,
 * Node's own is called, whatever the object or its class made of it.
 */
import { types } from 'node:util';

const PROTOTYPES_MAX = 16;

/** Whether `prototype` is among the prototypes of `value`; no proxy is asked. */
export function isOf(value: unknown, prototype: object): boolean {
  for (const holder of holders(value)) if (holder === prototype) return true;
  return false;
}

/** The value of a data property of `value` or of its prototypes; undefined where there is none, or only a getter. */
export function dataOf(value: unknown, key: PropertyKey): unknown {
  return propertyOf(value, key)?.value;
}

/** The same, or what the getter that `node` (a class of Node's) has for this key answers. */
export function nodeValueOf(value: unknown, key: PropertyKey, node: { readonly prototype: object }): unknown {
  const property = propertyOf(value, key);
  if (property === undefined || 'value' in property) return property?.value;
  return propertyOf(node.prototype, key)?.get?.call(value) as unknown;
}

export function objectOf(value: unknown): object | null {
  return typeof value === 'object' && value !== null ? value : null;
}

/** The native handle of a socket. */
export function handleOf(socket: object | null): object | null {
  return objectOf(nodeValueOf(socket, '_handle', process.getBuiltinModule('node:net').Socket));
}

function propertyOf(value: unknown, key: PropertyKey): PropertyDescriptor | undefined {
  for (const holder of holders(value)) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return property;
  }
  return undefined;
}

/** The object and its prototypes, up to the first proxy. */
function holders(value: unknown): object[] {
  const found: object[] = [];
  let object = objectOf(value);
  while (object !== null && found.length < PROTOTYPES_MAX && !types.isProxy(object)) {
    found.push(object);
    object = objectOf(Object.getPrototypeOf(object));
  }
  return found;
}
