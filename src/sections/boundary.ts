/**
 * The boundary around a section's generator: what it throws or rejects later, from a timer or a callback it started, is
 * the section's fault and not the end of the application. It is the package `async-hook-domain`, loaded when the first
 * section runs, never at start.
 *
 * Its limits: it covers one thread, and there only what descends from the generator. It hooks every async resource while
 * it is open, so it is closed soon (see `LINGER_MS`). It stands aside where the application deals with uncaught errors
 * itself: a listener of `uncaughtException` or, for promises, of `unhandledRejection` gets them as ever. Listeners of
 * `uncaughtExceptionMonitor` hear of every error (`isSectionFault` tells which is a section's).
 */
import { AsyncResource, executionAsyncId } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { packageFolder } from '../packageFolder.js';
import { setTimeout, clearTimeout } from '../tasks/timers.js';

/**
 * How long after a section's answer, or after its last error, what it left running is still covered, in ms. What takes
 * longer is the application's own work, and the hooks would cost it too much.
 */
const LINGER_MS = 5000;

/** The type of the async resource that stands for a running section. */
const RESOURCE_TYPE = 'GURU_MEDITATION_SECTION';

interface Domain {
  readonly ids: ReadonlySet<number>;
  destroy(): void;
}
type DomainClass = new (onError: (error: unknown) => void) => Domain;
type Emit = (...values: unknown[]) => unknown;

/** Runs one generator; `close` is to be called when its value is there or no longer wanted. */
export interface Boundary {
  run<Value>(work: () => Value): Value;
  close(): void;
}

/** The boundaries of this thread: there is one list of those that are open. */
export interface Boundaries {
  open: typeof openBoundary;
  isSectionFault: typeof isSectionFault;
}

const NO_BOUNDARY: Boundary = { run: (work) => work(), close: () => {} };

const open = new Set<Domain>();
let loaded: DomainClass | null = null;

/**
 * A boundary for one generator. Where none can be had, generators run all the same, and `warn` gets a line with the
 * reason; none where the application catches what is uncaught itself.
 * @param onError - gets each error that nobody else caught; must not throw
 */
export function openBoundary(onError: (error: unknown) => void, warn: (line: string) => void): Boundary {
  if (applicationCatches()) return NO_BOUNDARY;
  try {
    return new DomainBoundary(loadDomain(), onError);
  } catch (error) {
    warn(`sections run without a boundary, so what they throw later is uncaught: ${messageOf(error)}`);
    return NO_BOUNDARY;
  }
}

/** Whether the error that is being thrown right now comes from a section, whose boundary catches it. */
export function isSectionFault(): boolean {
  if (open.size === 0 || applicationCatches()) return false;
  const current = executionAsyncId();
  return [...open].some((domain) => domain.ids.has(current));
}

class DomainBoundary implements Boundary {
  readonly #domain: Domain;
  /** Not destroyed by the garbage collector: as long as it lives, so does the domain. */
  readonly #resource = new AsyncResource(RESOURCE_TYPE, { requireManualDestroy: true });
  #lingering: ReturnType<typeof setTimeout> | null = null;

  constructor(Domain: DomainClass, onError: (error: unknown) => void) {
    const handle = (error: unknown): void => {
      if (this.#lingering !== null) this.#linger();
      onError(error);
    };
    this.#domain = this.#resource.runInAsyncScope(() => openDomain(Domain, handle));
  }

  run<Value>(work: () => Value): Value {
    return this.#resource.runInAsyncScope(work);
  }

  close(): void {
    // Its own resource alone is left: the generator started nothing that could still throw.
    if (this.#domain.ids.size <= 1) this.#destroy();
    else this.#linger();
  }

  #linger(): void {
    if (this.#lingering !== null) clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.#destroy(), LINGER_MS).unref();
  }

  #destroy(): void {
    closeDomain(this.#domain);
    this.#resource.emitDestroy();
  }
}

function applicationCatches(): boolean {
  return process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback();
}

/** @throws when the package is not there, or where Node's own domains are in use, which may share their means with nobody. */
function loadDomain(): DomainClass {
  process.setUncaughtExceptionCaptureCallback(() => {});
  process.setUncaughtExceptionCaptureCallback(null);
  loaded ??= (createRequire(join(packageFolder() ?? '', 'boundary.js'))('async-hook-domain') as { Domain: DomainClass })
    .Domain;
  return loaded;
}

let emitBefore: PropertyDescriptor | undefined;
let emitMeanwhile: unknown = null;

/**
 * The package takes `process.emit` and, in the end, sets it to what it was when the package was loaded. Others patch it
 * too (signal-exit), so it gets nothing but rejections here, and `closeDomain` puts back what was there before.
 */
function openDomain(Domain: DomainClass, onError: (error: unknown) => void): Domain {
  const target = process as unknown as { emit: Emit };
  const descriptor = Object.getOwnPropertyDescriptor(process, 'emit');
  const others = target.emit;
  const domain = new Domain(onError);
  if (open.size === 0) {
    const ofDomain = target.emit;
    emitBefore = descriptor;
    emitMeanwhile = target.emit = (...values) =>
      Reflect.apply(values[0] === 'unhandledRejection' ? ofDomain : others, process, values);
  }
  open.add(domain);
  return domain;
}

function closeDomain(domain: Domain): void {
  const current: unknown = process.emit;
  open.delete(domain);
  domain.destroy();
  if (open.size > 0) return;
  if (current !== emitMeanwhile) Object.defineProperty(process, 'emit', { value: current });
  else if (emitBefore === undefined) Reflect.deleteProperty(process, 'emit');
  else Object.defineProperty(process, 'emit', emitBefore);
}
