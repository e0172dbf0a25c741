/**
 * Reads of objects that belong to the application: a getter or a proxy of its would run its code inside a report, where
 * nobody can stop a loop. So only data properties are read, and proxies are left alone.
 */
import { types } from 'node:util';

const PROTOTYPES_MAX = 16;

/** Whether `prototype` is among the prototypes of `value`; no proxy is asked. */
export function isOf(value: unknown, prototype: object): boolean {
  let object = value;
  for (let step = 0; step < PROTOTYPES_MAX; step++) {
    if (typeof object !== 'object' || object === null || types.isProxy(object)) return false;
    if (object === prototype) return true;
    object = Object.getPrototypeOf(object);
  }
  return false;
}

/** The value of a data property of `value` or of its prototypes; undefined where there is none, or only a getter. */
export function dataOf(value: unknown, key: PropertyKey): unknown {
  let object = value;
  for (let step = 0; step < PROTOTYPES_MAX; step++) {
    if (typeof object !== 'object' || object === null || types.isProxy(object)) return undefined;
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property !== undefined) return property.value;
    object = Object.getPrototypeOf(object);
  }
  return undefined;
}
