/**
 * Tasks of equal type, equal stack and equal labels are one group: a count, ages, a few ids. Groups come largest first, of equal size
 * the oldest first; of more than `GROUPS_MAX` groups the largest and the oldest are kept, and the rest is counted.
 */
import type { RawFrame, RawTaskGroup } from '../protocol.js';
import type { WaitsFor } from '../report/types.js';
import { LabelValues } from './labelValues.js';
import type { Labels } from './labels.js';
import { runAtOnce, type PausableWork } from './slices.js';

const GROUPS_MAX = 2000;
const AGES_MAX = 64;
const IDS_MAX = 8;
const NO_LABELS: Labels = {};

/** What all tasks of a group have in common; `key` is equal for equal groups. */
export interface GroupShape {
  key: string;
  type: string;
  keepsAlive: boolean | null;
  ref: boolean | null;
  note: string | null;
  parent: string[];
  waitsFor: WaitsFor | null;
  awaitStack: () => RawFrame[];
  createdAt: () => RawFrame[];
}

interface Group {
  shape: GroupShape;
  labels: Labels;
  count: number;
  oldestMs: number;
  /** The age of the last one that came. */
  lastMs: number;
  ages: number[];
  areOldestFirst: boolean;
  ids: number[];
}

export interface ListedGroups {
  groups: RawTaskGroup[];
  groupsElided: number;
  tasks: number;
}

export class TaskGroups {
  readonly #groups = new Map<string, Group>();
  readonly #labels = new LabelValues();

  /**
   * `shape` is asked for when the group is new. Tasks come oldest first; where nobody knows their number or their age, that
   * is null, for all of a group.
   */
  add(key: string, id: number | null, ageMs: number | null, labels: Labels | null, shape: () => GroupShape): void {
    const shown = labels === null ? NO_LABELS : this.#labels.shown(labels);
    const whole = keyOf(key, shown);
    let group = this.#groups.get(whole);
    if (group === undefined) {
      group = newGroup(shape(), shown);
      this.#groups.set(whole, group);
    }
    group.count++;
    if (ageMs !== null) {
      group.oldestMs = Math.max(group.oldestMs, ageMs);
      group.areOldestFirst &&= ageMs <= group.lastMs;
      group.lastMs = ageMs;
      group.ages.push(ageMs);
    }
    if (id !== null && group.ids.length < IDS_MAX) group.ids.push(id);
  }

  /** The groups in order, how many were left out, and how many tasks there are in all. To be called once. */
  finish(): ListedGroups {
    return runAtOnce(this.finishInSlices());
  }

  *finishInSlices(): PausableWork<ListedGroups> {
    const all = this.#labels.hasMerged ? this.#merged() : [...this.#groups.values()];
    const tasks = all.reduce((sum, group) => sum + group.count, 0);
    const kept = all.length > GROUPS_MAX ? worst(all) : all;
    const groups: RawTaskGroup[] = [];
    for (const group of kept.sort((left, right) => right.count - left.count || right.oldestMs - left.oldestMs)) {
      groups.push(describe(group));
      yield;
    }
    return { groups, groupsElided: all.length - kept.length, tasks };
  }

  /** Groups that were told apart by a label before it turned out to have too many values. */
  #merged(): Group[] {
    const merged = new Map<string, Group>();
    for (const group of this.#groups.values()) {
      const labels = this.#labels.merged(group.labels);
      const key = keyOf(group.shape.key, labels);
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { ...group, labels });
      else join(known, group);
    }
    return [...merged.values()];
  }
}

function newGroup(shape: GroupShape, labels: Labels): Group {
  return { shape, labels, count: 0, oldestMs: 0, lastMs: Infinity, ages: [], areOldestFirst: true, ids: [] };
}

function keyOf(key: string, labels: Labels): string {
  return labels === NO_LABELS ? key : `${key}\0${JSON.stringify(labels)}`;
}

function join(into: Group, group: Group): void {
  into.count += group.count;
  into.oldestMs = Math.max(into.oldestMs, group.oldestMs);
  into.ages = into.ages.concat(group.ages);
  into.areOldestFirst = false;
  into.ids = into.ids.concat(group.ids).slice(0, IDS_MAX);
}

/** The largest three quarters of what may be kept, and the oldest of the others. */
function worst(all: Group[]): Group[] {
  const bySize = all.sort((left, right) => right.count - left.count || right.oldestMs - left.oldestMs);
  const largest = bySize.slice(0, (GROUPS_MAX * 3) / 4);
  const others = bySize.slice(largest.length).sort((left, right) => right.oldestMs - left.oldestMs);
  return [...largest, ...others.slice(0, GROUPS_MAX - largest.length)];
}

function describe(group: Group): RawTaskGroup {
  const { shape, count, ids } = group;
  const ages = youngestFirst(group);
  const [min = 0, median = 0, max = 0] = [ages[0], ages[ages.length >> 1], ages[ages.length - 1]].map(rounded);
  return {
    type: shape.type,
    count,
    ageMs: ages.length === 0 ? null : { min, median, max },
    ages: evenly(ages, AGES_MAX).map(rounded),
    awaitStack: shape.awaitStack(),
    createdAt: shape.createdAt(),
    keepsAlive: shape.keepsAlive,
    ref: shape.ref,
    parent: shape.parent,
    labels: group.labels,
    waitsFor: shape.waitsFor,
    ids,
    note: shape.note,
  };
}

/** Tasks come oldest first: so only what was put together of several groups must be sorted. */
function youngestFirst({ ages, areOldestFirst }: Group): ArrayLike<number> {
  return areOldestFirst ? ages.reverse() : Float64Array.from(ages).sort();
}

function rounded(ageMs: number | undefined): number {
  return Math.round(ageMs ?? 0);
}

/** `most` values of the list, the first and the last among them, spread evenly. */
export function evenly<Value>(values: ArrayLike<Value>, most: number): Value[] {
  if (values.length <= most) return Array.from(values);
  const step = (values.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => values[Math.round(index * step)] as Value);
}
