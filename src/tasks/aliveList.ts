/** The answer to `whyAlive()`: what the tracker knows, and what why-is-node-running sees beside it where it was let look. */
import type { RawFrame, RawTaskGroup } from '../protocol.js';
import type { KeptAlive } from '../report/types.js';
import { addHandles } from './handleTasks.js';
import type { HandleWatch } from './handles.js';
import { TaskGroups } from './groups.js';
import { SocketWaits } from './socketWaits.js';
import { runInSlices, type PausableWork } from './slices.js';
import { setTimeout } from './timers.js';
import { WhyIsNodeRunning, type AliveResource } from './whyIsNodeRunning.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

/** Gives frames their place in the source (`mapped`), as far as this thread knows it. */
export type MapFrames = (frames: readonly RawFrame[]) => void;

export class AliveList {
  readonly #hooks: HooksWithoutPromises;
  #loading: Promise<WhyIsNodeRunning> | null = null;
  #loaded: WhyIsNodeRunning | null = null;
  #users = 0;
  #isLooking = false;

  constructor(hooks: HooksWithoutPromises) {
    this.#hooks = hooks;
  }

  /** Lets why-is-node-running look from now on, until `release` was called as often. Rejects when it cannot be loaded. */
  async hold(): Promise<void> {
    this.#users++;
    this.#loading ??= WhyIsNodeRunning.load(this.#hooks);
    this.#loaded = await this.#loading;
    if (this.#users === 0 || this.#isLooking) return;
    this.#isLooking = true;
    this.#loaded.start();
  }

  release(): void {
    this.#users--;
    if (this.#users > 0 || !this.#isLooking) return;
    this.#isLooking = false;
    this.#loaded?.stop();
  }

  /**
   * What keeps this thread running, most first. `watch` is null where handles are not watched.
   * @param lookMs - lets why-is-node-running look for this long first, when it does not look anyway
   */
  async list(watch: HandleWatch | null, mapFrames: MapFrames, lookMs: number): Promise<KeptAlive[]> {
    const isBrief = lookMs > 0;
    try {
      if (isBrief) await this.hold();
      if (isBrief) await pause(lookMs);
      const known = watch === null ? [] : await readGroups(watch);
      const keeping = known.filter((group) => group.keepsAlive === true);
      mapFrames(keeping.flatMap(({ createdAt }) => createdAt));
      const others = this.#isLooking ? (this.#loaded?.ask().resources ?? []) : [];
      return [
        ...(watch === null ? ofNode() : []),
        ...keeping.map(ofTracker),
        ...unknownTo(known, others).map(ofPackage),
      ];
    } finally {
      if (isBrief) this.release();
    }
  }
}

/** A timer that keeps nothing alive. */
function pause(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms).unref());
}

function readGroups(watch: HandleWatch): Promise<RawTaskGroup[]> {
  function* read(): PausableWork<RawTaskGroup[]> {
    const groups = new TaskGroups();
    yield* addHandles(watch, new SocketWaits(null, null), groups);
    return groups.finish().groups;
  }
  return new Promise((done, failed) => runInSlices(read(), done, failed));
}

/** Those that the tracker has nothing of: no group of this type from this place, and none whose place it did not take. */
function unknownTo(known: readonly RawTaskGroup[], others: readonly AliveResource[]): [AliveResource, number][] {
  const places = new Set(known.flatMap(({ type, createdAt }) => [type, placeKey(type, createdAt)]));
  const isPlaced = (type: string): boolean =>
    known.every((group) => group.type !== type || applicationFrame(group.createdAt) !== undefined);
  const counted = new Map<string, [AliveResource, number]>();
  for (const resource of others) {
    const key = placeKey(resource.type, resource.createdAt);
    if (places.has(key) || (places.has(resource.type) && !isPlaced(resource.type))) continue;
    counted.set(key, [resource, (counted.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counted.values()];
}

function placeKey(type: string, createdAt: readonly RawFrame[]): string {
  const frame = applicationFrame(createdAt);
  return `${type}\0${frame?.file ?? ''}\0${frame?.line ?? ''}`;
}

function applicationFrame(createdAt: readonly RawFrame[]): RawFrame | undefined {
  return createdAt.find(({ file }) => file !== null && !file.startsWith('node:'));
}

function ofTracker({ type, count, ref, ageMs, createdAt }: RawTaskGroup): KeptAlive {
  const since = ageMs === null ? null : new Date(Date.now() - ageMs.max).toISOString();
  return { type, count, ref, ageMs, since, createdAt: createdAt.map(toPlace), source: 'tracker' };
}

function toPlace(frame: RawFrame): KeptAlive['createdAt'][number] {
  const { file, line, column } = frame.mapped ?? frame;
  return { function: frame.function, file, line, column };
}

function ofPackage([{ type, createdAt }, count]: [AliveResource, number]): KeptAlive {
  return {
    type,
    count,
    ref: null,
    ageMs: null,
    since: null,
    createdAt: createdAt.map(toPlace),
    source: 'why-is-node-running',
  };
}

/** Of handles that nobody watched Node knows no more than the type. */
function ofNode(): KeptAlive[] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  const unknown = { ref: null, ageMs: null, since: null, source: 'node' } as const;
  return [...counts].map(([type, count]) => ({ type, count, createdAt: [], ...unknown }));
}
