/** What the listeners of an emitter tell of who waits for it. The emitter is the application's, so nothing of it is called. */
import { dataOf, functionDataOf, keysOf } from './ownData.js';

/** How to know a listener of Node's own: by its name, and by a name that stands in its source. */
interface Mark {
  name: string;
  source: string;
}

/** What `events.once` adds takes the one for errors away. */
const ONCE: Mark = { name: 'resolver', source: 'eventTargetAgnosticRemoveListener' };

/** What `node:stream` adds to know when a stream has ended, to one that is only read as well. */
const STREAMS: Mark = { name: 'onfinish', source: 'writableFinished' };

const EVENTS_MAX = 50;

/** Whether somebody waits for an event of `emitter` by `events.once`. */
export function isAwaitedByOnce(emitter: object | undefined): boolean {
  return hasMarked(emitter, ONCE);
}

/** Whether a function of `node:stream` waits for the end of `stream`, as all that read it do. */
export function isReadByStreams(stream: object): boolean {
  return hasMarked(stream, STREAMS);
}

function hasMarked(emitter: object | undefined, { name, source }: Mark): boolean {
  return listenersOf(emitter).some(
    (listener) => functionDataOf(listener, 'name') === name && sourceOf(listener).includes(source),
  );
}

export function hasListener(emitter: object | undefined, event: string): boolean {
  return dataOf(dataOf(emitter, '_events'), event) !== undefined;
}

/** The functions that listen to any of its events; those for one time are wrapped. */
function listenersOf(emitter: object | undefined): Function[] {
  const events = dataOf(emitter, '_events');
  return keysOf(events, EVENTS_MAX)
    .map((event) => dataOf(events, event))
    .flatMap((list) => (typeof list === 'object' ? elementsOf(list) : [list]))
    .map((listener) => functionDataOf(listener, 'listener') ?? listener)
    .filter((listener): listener is Function => typeof listener === 'function');
}

function elementsOf(list: object | null): unknown[] {
  const length = Math.min(Number(dataOf(list, 'length') ?? 0), EVENTS_MAX);
  return Array.from({ length }, (_, index) => dataOf(list, index));
}

function sourceOf(listener: Function): string {
  return Function.prototype.toString.call(listener);
}
