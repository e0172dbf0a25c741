/**
 * Reads what belongs to the application without running anything of it: a getter may throw, loop or have effects. Where Node
 * itself has a getter, Node's own is called, whatever the object or its class made of it.
 */

/** The value of a data property, its own or inherited; undefined for a getter, and for what is no object. */
export function dataOf(object: unknown, key: PropertyKey): unknown {
  return propertyOf(object, key)?.value;
}

/** The same, or what the getter that `node` (a class of Node's) has for this key answers. */
export function nodeValueOf(object: unknown, key: PropertyKey, node: { readonly prototype: object }): unknown {
  const property = propertyOf(object, key);
  if (property === undefined || 'value' in property) return property?.value;
  return propertyOf(node.prototype, key)?.get?.call(object) as unknown;
}

export function objectOf(value: unknown): object | null {
  return typeof value === 'object' && value !== null ? value : null;
}

/** The native handle of a socket. */
export function handleOf(socket: object | null): object | null {
  return objectOf(nodeValueOf(socket, '_handle', process.getBuiltinModule('node:net').Socket));
}

function propertyOf(object: unknown, key: PropertyKey): PropertyDescriptor | undefined {
  for (let holder = objectOf(object); holder !== null; holder = objectOf(Object.getPrototypeOf(holder))) {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined) return property;
  }
  return undefined;
}
