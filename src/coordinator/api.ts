/** What an application calls. All of it works with and without the preload. */
import { isMainThread } from 'node:worker_threads';
import { GuruError, messageOf, OptionError } from '../errors.js';
import type { SetupOptions } from '../options.js';
import { resolveOptions } from '../resolveOptions.js';
import { checkPool, type InstrumentedPools, type InstrumentOptions } from '../pools/instrument.js';
import {
  createSectionRegistry,
  type SectionGenerator,
  type SectionOptions,
  type SectionRegistry,
} from '../sections/registered.js';
import type { LabelScope } from '../tasks/labels.js';
import type { KeptAlive, Report } from '../report/types.js';
import type { Host } from './host.js';
import { isTurnedOff } from './guard.js';
import { install, installedHandle } from './install.js';
import { sayOnce } from './notice.js';

/**
 * Tells guru-meditation about the application; may be called at any time and more than once on the main thread, later
 * options adding to earlier ones. Without the preload it installs in this thread; workers are then read by inspector.
 * An environment variable of the same option wins. Does nothing under `GMR=off`, or where installing is not possible.
 * @throws {GuruError} `GMR_OPTION`, naming the option, what was expected and what came; `GMR_UNSUPPORTED` in a worker.
 */
export function setup(options: SetupOptions = {}): void {
  resolveOptions(options, {});
  if (!isMainThread)
    throw new GuruError('GMR_UNSUPPORTED', 'setup: expected to be called on the main thread, got a call in a worker');
  installLate();
  host()?.setup(options);
}

/**
 * Takes a report of all threads and tasks of this process, and hands it back; nothing is printed. Takes as long as the
 * option `deadline` says at most, and a little for reading sources.
 * @throws {GuruError} `GMR_UNSUPPORTED` in a worker, under `GMR=off` or where nothing could be installed; `GMR_BUSY`
 * when another report does not end.
 */
export async function report(): Promise<Report> {
  if (isTurnedOff(process.env)) throw new GuruError('GMR_UNSUPPORTED', 'report: turned off by GMR=off');
  if (!isMainThread)
    throw new GuruError('GMR_UNSUPPORTED', 'report: expected to be called on the main thread, got a call in a worker');
  const reason = installLate();
  const installed = host();
  if (installed === null) throw new GuruError('GMR_UNSUPPORTED', `report: ${reason ?? 'nothing is installed'}`);
  return installed.report({ kind: 'api', detail: 'report()' }, false);
}

/** What `whyAlive` may be told. */
export interface WhyAliveOptions {
  /** Lets the package why-is-node-running look for this long first, in ms: it knows what is made meanwhile. Default 0. */
  lookMs?: number;
}

const LOOK_MS_MAX = 600_000;

/**
 * What keeps the thread that calls this running: handles that are ref'd and active, and requests under way, each place
 * with its count, age and stack of creation (`tasks: full` takes a stack for every one). Why-is-node-running costs much
 * and is loaded only under `tasks: full`, or for `lookMs`; what it sees beside is in the list with its name. Where handles
 * are not watched, Node's own counts by type are all there is. Keeps nothing alive itself: with `lookMs` the process may
 * end before the promise settles.
 * @throws {GuruError} `GMR_OPTION` for options that are none; `GMR_UNSUPPORTED` under `GMR=off`, where nothing could be
 * installed, or where why-is-node-running was asked for and cannot be used.
 */
export async function whyAlive(options: WhyAliveOptions = {}): Promise<KeptAlive[]> {
  const lookMs = checkedLook(options);
  if (isTurnedOff(process.env)) throw new GuruError('GMR_UNSUPPORTED', 'whyAlive: turned off by GMR=off');
  const reason = installLate();
  const installed = installedHandle()?.host as { whyAlive?: (lookMs: number) => Promise<KeptAlive[]> } | undefined;
  if (installed?.whyAlive === undefined)
    throw new GuruError('GMR_UNSUPPORTED', `whyAlive: ${reason ?? 'nothing is installed'}`);
  try {
    return await installed.whyAlive(lookMs);
  } catch (cause) {
    throw new GuruError('GMR_UNSUPPORTED', `whyAlive: ${messageOf(cause)}`, { cause });
  }
}

function checkedLook(options: WhyAliveOptions): number {
  if (typeof options !== 'object' || options === null)
    throw new OptionError('whyAlive', 'an object of options', options);
  const { lookMs = 0 } = options;
  if (!Number.isInteger(lookMs) || lookMs < 0 || lookMs > LOOK_MS_MAX)
    throw new OptionError('lookMs', `a whole number of ms up to ${LOOK_MS_MAX}`, lookMs);
  return lookMs;
}

/** Where sections go when nothing is installed: they are checked all the same, and never shown. */
const unshown = createSectionRegistry();

/**
 * Adds a section to every report: what `generator` returns (a value, a promise, a text) under `title`. It runs in the
 * thread that registered it, between turns of its loop, when a report is taken; what it throws is shown in its place.
 * @returns a function that takes the section away again.
 * @throws {GuruError} `GMR_SECTION` for a title, a generator or options that are none.
 */
export function registerSection(title: string, generator: SectionGenerator, options: SectionOptions = {}): () => void {
  installLate();
  const registry = (installedHandle()?.host as { sections?: SectionRegistry } | undefined)?.sections ?? unshown;
  const remove = registry.register(title, generator, options, (line) => sayOnce('GMR_SECTION', line));
  host()?.tellSections();
  return () => {
    remove();
    host()?.tellSections();
  };
}

/**
 * Puts a label on every task (promise, timer, socket, request, ...) that is made from here on in the running function
 * and in what it calls or awaits, by the rules of `AsyncLocalStorage.enterWith`. A report then shows `tenant=17` with the
 * tasks, and tells groups apart by it; a promise that was made before has no label. Call it where a job or a
 * request begins, or use `withLabels`, whose scope ends.
 *
 * The value becomes text at once: at most 200 characters, with `undefined` the label is taken away. A scope has at most
 * 16 labels; of a key with more than 20 values in a report the values count as one. Never throws, and does nothing where
 * nothing is installed, or with `tasks: off`.
 *
 * The first call makes an `AsyncLocalStorage`, which costs each promise a little on Node 24 and later, and on Node 20 and
 * 22 as much as any async hook does; an application that never labels pays nothing.
 */
export function label(key: string, value: LabelValue | undefined): void {
  labelScope()?.add(key, value);
}

/**
 * Runs `work` with labels on every task made in it, as `label` does, and only there.
 * @returns what `work` returns; what it throws is thrown on, and nothing else is.
 */
export function withLabels<Result>(labels: Readonly<Record<string, LabelValue>>, work: () => Result): Result {
  const scope = labelScope();
  return scope === null ? work() : scope.run(labels, work);
}

/** What has a short text of its own. */
export type LabelValue = string | number | bigint | boolean | null | { toString(): string };

function labelScope(): LabelScope | null {
  return (installedHandle()?.host as { labels?: LabelScope | null } | undefined)?.labels ?? null;
}

/**
 * Adds to every report what only the object of a worker pool knows: its limits, how much it is used, how long its tasks ran
 * and waited; and calls the pool and its threads by `name`. Held weakly, and read when a report is taken, in the thread that
 * calls this, between turns of its loop; while that thread hangs a report shows what was read last. Does nothing where
 * nothing is installed.
 * @returns the pool.
 * @throws {GuruError} `GMR_POOL` for what is no pool of a known library; `GMR_OPTION` for options that are none.
 */
export function instrument<Pool extends object>(pool: Pool, options: InstrumentOptions = {}): Pool {
  const checked = checkPool(pool, options);
  (installedHandle()?.host as { pools?: InstrumentedPools } | undefined)?.pools?.add(pool, checked);
  return pool;
}

/** The preload's installation where there is one; else one is made now, when other threads may run already. */
function installLate(): string | null {
  const isFirst = installedHandle() === null;
  const reason = install();
  if (isFirst) host()?.assumeOtherThreads();
  return reason;
}

function host(): Host | null {
  const installed = installedHandle()?.host as Host | { sections: unknown } | undefined;
  return installed === undefined || !('setup' in installed) ? null : installed;
}
