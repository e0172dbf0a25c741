/** Reads the requests in flight, and puts them into groups by what they ask for. */
import type { RawFrame } from '../protocol.js';
import type { WaitsFor } from '../report/types.js';
import type { Ages } from './ages.js';
import { monotonicMs } from './clock.js';
import { decodeForeignFrames } from './frameText.js';
import type { GroupShape, TaskGroups } from './groups.js';
import { isOwnFile } from './realm.js';
import { factsOf, partsOf, type RequestFacts } from './requestFacts.js';
import { nameRequests } from './requestNames.js';
import type { RequestRecord } from './requestRecord.js';
import type { RequestWatch } from './requests.js';
import { dataOf, handleOf, objectOf } from './ownData.js';
import type { PausableWork } from './slices.js';

const TYPE = 'request';
const SEVERAL_PLACES = 'made at several places: this is the one seen most';
const CHANNEL_FILE = 'node:diagnostics_channel';

export interface ListedRequest {
  record: RequestRecord;
  waitsFor: WaitsFor;
}

/** The requests in flight, oldest first, and what each object that belongs to one waits for. */
export interface RequestsInFlight {
  listed: ListedRequest[];
  parts: Map<object, WaitsFor>;
}

/** Never throws: a request that cannot be read counts as one to an unknown host. */
export function* readRequests(watch: RequestWatch): PausableWork<RequestsInFlight> {
  const found: { record: RequestRecord; object: object; facts: RequestFacts }[] = [];
  for (const one of watch.inFlight()) {
    if (one !== null) found.push({ ...one, facts: readFacts(one.record, one.object) });
    if (found.length % 32 === 0) yield;
  }
  const names = nameRequests(found.map(({ facts }) => facts));
  yield;
  const requests: RequestsInFlight = { listed: [], parts: new Map() };
  for (const [index, { record, object }] of found.entries()) {
    const waitsFor = names[index];
    if (waitsFor === undefined) continue;
    requests.listed.push({ record, waitsFor });
    for (const part of withHandles(partsOf(record.source, object))) requests.parts.set(part, waitsFor);
    if (index % 64 === 0) yield;
  }
  return requests;
}

/** Adds to `groups`. */
export function* addRequests({ listed }: RequestsInFlight, ages: Ages, groups: TaskGroups): PausableWork<void> {
  const places = new Map<WaitsFor, Places>();
  for (const { record, waitsFor } of listed) {
    const known = places.get(waitsFor) ?? new Places();
    known.add(record.creation());
    places.set(waitsFor, known);
  }
  yield;
  const at = monotonicMs();
  for (const [index, { record, waitsFor }] of listed.entries()) {
    const key = [TYPE, waitsFor.kind, waitsFor.what].join('\0');
    const ageMs = ages.ageOf(record.id, at);
    groups.add(key, record.id, ageMs, record.labels, () => shapeOf(key, waitsFor, places.get(waitsFor)));
    if (index % 64 === 0) yield;
  }
}

function shapeOf(key: string, waitsFor: WaitsFor, places: Places | undefined): GroupShape {
  return {
    key,
    type: TYPE,
    keepsAlive: null,
    ref: null,
    note: places?.areSeveral === true ? SEVERAL_PLACES : null,
    parent: [],
    waitsFor,
    awaitStack: () => [],
    createdAt: () => places?.mostSeen() ?? [],
  };
}

/** Creation stacks of one group, told apart by what is not Node's: inside it, the first request goes other ways. */
class Places {
  readonly #seen = new Map<string, { count: number; text: string }>();

  get areSeveral(): boolean {
    return this.#seen.size > 1;
  }

  add(text: string | null): void {
    if (text === null) return;
    const lines = text.split('\n').filter((line) => line.split('\t', 2)[1]?.startsWith('node:') === false);
    const place = this.#seen.get(lines.join('\n')) ?? { count: 0, text };
    place.count++;
    this.#seen.set(lines.join('\n'), place);
  }

  mostSeen(): RawFrame[] {
    const [most] = [...this.#seen.values()].sort((one, other) => other.count - one.count);
    return decodeForeignFrames(most?.text ?? '', isOwnFile).filter(({ file }) => file !== CHANNEL_FILE);
  }
}

function readFacts(record: RequestRecord, object: object): RequestFacts {
  try {
    return factsOf(record.source, object, record.headers);
  } catch {
    const kind = record.source === 'server' || record.source === 'http2-server' ? 'http-in' : 'http-out';
    return { kind, method: 'request', host: 'unknown host', path: '' };
  }
}

/** A socket is known by its native handle too, and that of TLS by the one below it. */
function withHandles(parts: readonly object[]): object[] {
  return parts.flatMap((part) => {
    const handle = handleOf(part);
    const below = objectOf(dataOf(handle, '_parent'));
    return [part, handle, below].filter((one) => one !== null);
  });
}
