/** What an application calls. All of it works with and without the preload. */
import { isMainThread } from 'node:worker_threads';
import { GuruError } from '../errors.js';
import type { SetupOptions } from '../options.js';
import { resolveOptions, isTurnedOff } from '../resolveOptions.js';
import {
  createSectionRegistry,
  type SectionGenerator,
  type SectionOptions,
  type SectionRegistry,
} from '../sections/registered.js';
import type { Report } from '../report/types.js';
import type { Host } from './host.js';
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
