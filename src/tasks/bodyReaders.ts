/**
 * Who reads the responses of requests in flight, as far as Node's streams tell. The functions of `node:stream` that make a
 * promise (`for await`, `text(response)`, `pipeline`, `finished`) listen for the stream's end, and make an async
 * resource for that in the call of whoever uses them: so its creation stack has the place. `events.once` leaves its listener.
 */
import type { WaitsFor } from '../report/types.js';
import type { Ages } from './ages.js';
import { monotonicMs } from './clock.js';
import { frameFields, type FrameFields } from './frameText.js';
import type { HandleWatch } from './handles.js';
import { isAwaitedByOnce, isReadByStreams } from './listeners.js';
import { responseOf } from './requestAnswers.js';
import type { ListedRequest } from './requestTasks.js';
import type { PausableWork } from './slices.js';
import { isInsideClient } from './stackText.js';

const RESOURCE = 'STREAM_END_OF_STREAM';

/** How it is read: by functions of `node:stream`, or by waiting for an event. */
export type Reading = 'stream' | 'once';

/** A request whose response came and is being read. */
export interface BodyRequest {
  waitsFor: WaitsFor;
  readings: readonly Reading[];
  /** The number of the youngest promise when it was made. */
  promise: number;
  /** The text of its creation stack; null where none was taken. */
  creation: string | null;
  ageMs: number;
}

/** A place that reads streams, and how long ago it began last. */
export interface ReadingPlace {
  frame: FrameFields;
  ageMs: number;
  /** Whether it gave a callback, and so awaits nothing. */
  isCallback: boolean;
}

export interface BodyReaders {
  requests: readonly BodyRequest[];
  places: readonly ReadingPlace[];
}

const NOBODY: BodyReaders = { requests: [], places: [] };

/** @param handles - null where they are not watched */
export function* readBodies(
  listed: readonly ListedRequest[],
  ages: Ages,
  handles: HandleWatch | null,
): PausableWork<BodyReaders> {
  const at = monotonicMs();
  const requests: BodyRequest[] = [];
  for (const [index, { record, waitsFor }] of listed.entries()) {
    const readings = readingsOf(record.source === 'client' ? responseOf(record.deref()) : null);
    if (readings.length > 0) {
      const { promise } = record;
      requests.push({ waitsFor, readings, promise, creation: record.creation(), ageMs: ages.ageOf(record.id, at) });
    }
    if (index % 64 === 0) yield;
  }
  if (requests.length === 0) return NOBODY;
  return { requests, places: handles === null ? [] : yield* readPlaces(handles, at) };
}

function readingsOf(response: object | null): Reading[] {
  const readings: Reading[] = [];
  if (response === null) return readings;
  if (isReadByStreams(response)) readings.push('stream');
  if (isAwaitedByOnce(response)) readings.push('once');
  return readings;
}

function* readPlaces(handles: HandleWatch, at: number): PausableWork<ReadingPlace[]> {
  const places = new Map<string, ReadingPlace>();
  for (const record of handles.embedded()) {
    if (record === null) yield;
    else if (record.type.name === RESOURCE) {
      const lines = (record.creation() ?? '').split('\n');
      const index = lines.findIndex(isReader);
      const line = lines[index] ?? '';
      // A client reads the responses it answers.
      if (index < 0 || isInsideClient(line)) continue;
      const isCallback = !lines.slice(0, index).some(isAwaited);
      const ageMs = handles.ages.ageOf(record.asyncId, at);
      places.set(`${isCallback} ${line}`, { frame: frameFields(line), ageMs, isCallback });
    }
  }
  return [...places.values()];
}

/** The innermost frame that is not of Node's streams. */
export function readerOf(stack: string): FrameFields | null {
  const line = stack.split('\n').find(isReader);
  return line === undefined ? null : frameFields(line);
}

function isReader(line: string): boolean {
  const { file } = frameFields(line);
  return file !== '' && !/^node:(?:internal\/(?!deps\/)|async_hooks$|stream$|stream\/promises$)/.test(file);
}

/** A promise that is made, or a stream that is iterated. */
function isAwaited(line: string): boolean {
  const { name, file, flags } = frameFields(line);
  return (name === 'Promise' && flags.includes('n')) || file === 'node:internal/streams/readable';
}
