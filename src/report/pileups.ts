/** Verdicts on tasks that pile up: awaits at one place, and requests for one thing. */
import { spokenTime } from './durations.js';
import { culprit, formatFrame, stackKey } from './frames.js';
import { lookOften } from './nextLook.js';
import { THRESHOLDS } from './thresholds.js';
import type { Frame, TaskGroup, Verdict, WaitsFor } from './types.js';
import { newVerdict, sinceOf, type Unjudged } from './verdictParts.js';

/** What all groups that wait for one thing have in common: they may differ in labels and places. */
interface Pile {
  waitsFor: WaitsFor;
  requests: TaskGroup[];
  awaits: TaskGroup[];
}

/** Requests that pile up are one verdict together with the awaits that wait for them; labels tell no piles apart. */
export function pileupVerdicts(report: Unjudged): Verdict[] {
  const { groups } = report.tasks;
  const piles = pilesOf(groups).filter(({ requests }) => isPile(requests));
  const told = new Set(piles.flatMap(({ awaits }) => awaits));
  const queued = new Set(report.pools.flatMap((pool) => pool.queuedAt.flatMap(({ stack }) => placeKeys(stack))));
  const awaits = groups.filter(
    (group) => isAwait(group) && !told.has(group) && !placeKeys(group.awaitStack).some((key) => queued.has(key)),
  );
  return [
    ...piles.map((pile) => requestPileup(pile, report)),
    ...byPlace(awaits).flatMap((same) => (isPile(same) ? [awaitPileup(same, report)] : [])),
  ];
}

function byPlace(awaits: readonly TaskGroup[]): TaskGroup[][] {
  const places = new Map<string, TaskGroup[]>();
  for (const group of awaits) {
    const key = `${stackKey(group.type, group.awaitStack)} ${group.waitsFor?.what}`;
    places.set(key, [...(places.get(key) ?? []), group]);
  }
  return [...places.values()];
}

/** Only what goes out piles up: thousands of open sockets, timers or requests of clients are what a server has. */
function pilesOf(groups: readonly TaskGroup[]): Pile[] {
  const piles = new Map<string, Pile>();
  for (const group of groups) {
    const { waitsFor } = group;
    if (waitsFor?.kind !== 'http-out') continue;
    const pile = piles.get(waitsFor.what) ?? { waitsFor, requests: [], awaits: [] };
    if (group.type === 'request') pile.requests.push(group);
    if (isAwait(group)) pile.awaits.push(group);
    piles.set(waitsFor.what, pile);
  }
  return [...piles.values()];
}

function isAwait(group: TaskGroup): boolean {
  return group.type === 'await' && group.awaitStack.length > 0;
}

function isPile(groups: readonly TaskGroup[]): boolean {
  return countOf(groups) >= THRESHOLDS.pileupTasks && oldestOf(groups) >= THRESHOLDS.pileupOldestMs;
}

function requestPileup({ waitsFor, requests, awaits }: Pile, report: Unjudged): Verdict {
  const { root } = report.process;
  const count = countOf(requests);
  const places = [
    ...awaits.map((group) => ({ count: group.count, frame: culprit(group.awaitStack, root) })),
    ...requests.map((group) => ({ count: group.count, frame: culprit(group.createdAt, root) })),
  ];
  const place = places.find((one) => isForeign(one.frame, false)) ?? places.find((one) => isForeign(one.frame, true));
  const frame = place?.frame ?? null;
  const where = frame === null ? '' : formatFrame(frame, root).replace(/^async /, '');
  const at = place === undefined ? [] : [`${place.count >= count ? 'all' : place.count} of them at ${where}`];
  return pileup(report, requests, {
    frame,
    waitsFor,
    text: `${count} requests wait on ${waitsFor.what}, the oldest for ${spokenTime(oldestOf(requests))}`,
    evidence: at,
    next: [`does ${hostOf(waitsFor.what)} answer?  requests without a timeout wait forever`],
  });
}

/** The application's, or with `orPackage` that of a package; never Node's. */
function isForeign(frame: Frame | null, orPackage: boolean): boolean {
  return frame !== null && frame.file?.startsWith('node:') === false && (orPackage || frame.package === null);
}

function awaitPileup(groups: readonly TaskGroup[], report: Unjudged): Verdict {
  const { root } = report.process;
  const waitsFor = groups[0]?.waitsFor ?? null;
  const frame = culprit(groups[0]?.awaitStack ?? [], root);
  const where = frame === null ? '' : ` at ${formatFrame(frame, root)}`;
  const what = waitsFor === null ? '' : ` for ${waitsFor.what}`;
  return pileup(report, groups, {
    frame,
    waitsFor,
    text: `${countOf(groups)} tasks wait${what}${where}, the oldest for ${spokenTime(oldestOf(groups))}`,
    evidence: [],
    next: [],
  });
}

type Told = Pick<Verdict, 'frame' | 'waitsFor' | 'text' | 'evidence' | 'next'>;

function pileup(report: Unjudged, groups: readonly TaskGroup[], told: Told): Verdict {
  const oldest = oldestOf(groups);
  const threadIds = new Set(groups.flatMap((group) => group.threadIds));
  const [threadId] = threadIds;
  const youngest = Math.min(...groups.map((group) => group.ageMs?.min ?? 0));
  const largest = groups.reduce((most, group) => (group.count > most.count ? group : most));
  const ages = `ages ${spokenTime(youngest)} to ${spokenTime(oldest)}, median ${spokenTime(largest.ageMs?.median ?? 0)}`;
  return newVerdict({
    code: 'task-pileup',
    severity: 'warning',
    basis: 'inferred',
    threadId: threadIds.size === 1 ? (threadId ?? null) : null,
    since: sinceOf(oldest, report),
    forMs: oldest,
    ...told,
    evidence: [ages, ...told.evidence, 'inferred: it may be by design'],
    next: [...told.next, lookOften('does it grow?', report)],
  });
}

function countOf(groups: readonly TaskGroup[]): number {
  return groups.reduce((sum, group) => sum + group.count, 0);
}

function oldestOf(groups: readonly TaskGroup[]): number {
  return Math.max(0, ...groups.map((group) => group.ageMs?.max ?? 0));
}

/** `GET payments:443 /charge` is asked of `payments:443`; where paths are many, `payments:443, other paths`. */
function hostOf(what: string): string {
  const [first = '', second = ''] = what.split(/,? /, 2);
  return /:\d+$/.test(first) ? first : second || first;
}

function placeKeys(stack: readonly Frame[]): string[] {
  return stack
    .filter((frame) => frame.file !== null && !frame.file.startsWith('node:'))
    .map((frame) => `${frame.file}:${frame.line}`);
}
