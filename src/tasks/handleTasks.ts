/** Puts handles and other async resources into groups, with what can be told of each: ref'd, parents, where created. */
import { monotonicMs } from './clock.js';
import { decodeForeignFrames } from './frameText.js';
import type { TaskGroups } from './groups.js';
import { isRunning, type HandleRecord } from './handleRecord.js';
import type { HandleWatch } from './handles.js';
import { keepsAlive, refOf } from './keepAlive.js';
import { isOwnFile, passesOwnFile } from './realm.js';
import type { PausableWork } from './slices.js';
import type { HandleWait, SocketWaits } from './socketWaits.js';

const PARENTS_MAX = 4;
const RUNNING = 'its callback is running';
const SAMPLED = 'no creation stack: this type is made so often that only some get one';

/** Adds everything that is in use to `groups`. */
export function* addHandles(watch: HandleWatch, waits: SocketWaits, groups: TaskGroups): PausableWork<void> {
  const records = new Map<number, HandleRecord>();
  for (const record of watch.inUse()) {
    if (record === null) yield;
    else records.set(record.asyncId, record);
  }
  const at = monotonicMs();
  let seen = 0;
  for (const record of records.values()) {
    if (++seen % 32 === 0) yield;
    const creation = record.creation();
    if (creation !== null && isOwn(creation)) continue;
    const wait = waits.of(record);
    if (wait.isRequest) continue;
    const ref = refOf(record);
    const parent = parentsOf(record, records);
    const alive = keepsAlive(record, ref);
    const note = noteOf(record, creation, wait);
    const key = [record.type.name, ref, alive, note, parent.join(' '), creation ?? '\0', wait.waitsFor?.what].join(
      '\0',
    );
    groups.add(key, record.asyncId, watch.ages.ageOf(record.asyncId, at), record.labels, () => ({
      key,
      type: record.type.name,
      keepsAlive: alive,
      ref,
      note,
      parent,
      waitsFor: wait.waitsFor,
      awaitStack: () => [],
      createdAt: () => decodeForeignFrames(creation ?? '', isOwnFile),
    }));
  }
}

function noteOf(record: HandleRecord, creation: string | null, wait: HandleWait): string | null {
  if (isRunning(record)) return RUNNING;
  return [wait.note, creation === null ? SAMPLED : null].filter((note) => note !== null).join('; ') || null;
}

/** Heartbeats, ports and sockets of this package itself; what the application makes in a scope of labels is its own. */
function isOwn(creation: string): boolean {
  if (!passesOwnFile(creation)) return false;
  const scripts = creation.split('\n').map((line) => line.split('\t', 2)[1] ?? '');
  return isOwnFile(scripts.find((script) => script !== '' && !script.startsWith('node:')) ?? '');
}

/** Types of the tasks that made this one, nearest first, as far as they are still known. */
function parentsOf(record: HandleRecord, records: ReadonlyMap<number, HandleRecord>): string[] {
  const parents: string[] = [];
  let parent = records.get(record.triggerId);
  while (parent !== undefined && parent !== record && parents.length < PARENTS_MAX) {
    parents.push(parent.type.name);
    parent = records.get(parent.triggerId);
  }
  return parents;
}
