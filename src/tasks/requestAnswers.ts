/** Whether a request of `node:http` was answered, and whether anybody hears it. Of other requests neither is known. */
import { hasListener } from './listeners.js';
import { dataOf, isOf, objectOf } from './ownData.js';

/** One of these has to be heard. */
const ENDS = ['response', 'upgrade', 'connect', 'close'];

/** The response; null before it is there. */
export function responseOf(object: object | undefined): object | null {
  return objectOf(dataOf(object, 'res'));
}

/** Whether it certainly was not answered so far. */
export function isUnanswered(object: object | undefined): boolean {
  return dataOf(object, 'res') === null && isOf(object, process.getBuiltinModule('node:http').ClientRequest.prototype);
}

/** Whether somebody hears how it ends, as far as is known. */
export function isListenedTo(object: object | undefined): boolean {
  return !isUnanswered(object) || ENDS.some((event) => hasListener(object, event));
}
