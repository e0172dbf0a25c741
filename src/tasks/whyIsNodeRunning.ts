/**
 * The package why-is-node-running as a second opinion: it sees every type of async resource, also those the tracker
 * leaves out, and calls alive whatever does not say that it is unref'd. Loaded when somebody asks for it, never at start,
 * since a stack for every resource costs an HTTP server a factor of 3 to 4. It knows what was made after that.
 *
 * It enables a hook of its own when it is loaded, which would hook promises as well, would end the process where it throws
 * (`Error` frozen, or without a `stackTraceLimit`), and is disabled for good by the first question. So that hook is taken
 * from it before it is enabled: its callbacks are called from hooks of ours, guarded, and questions can be repeated. It is
 * loaded under an address of its own, so an instance that the application uses stays whole.
 */
import { createHook, type AsyncHook } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../packageFolder.js';
import type { RawFrame } from '../protocol.js';
import { captureText, isOwnFile } from './realm.js';
import { importModule } from './importModule.js';
import type { HooksWithoutPromises } from './withoutPromises.js';

/** It reads a file for every line it logs: this many are enough, the rest is counted. */
const LINES_MAX = 2000;

type Init = (asyncId: number, type: string, triggerId: number, resource: object) => void;
type Destroy = (asyncId: number) => void;
type Print = (logger: { error(line: string): void }) => void;

interface Taken {
  init: Init;
  destroy: Destroy;
  print: Print;
}

/** A resource that it calls alive. Its frames have neither function nor column. */
export interface AliveResource {
  type: string;
  createdAt: RawFrame[];
}

export class WhyIsNodeRunning {
  readonly #taken: Taken;
  readonly #hooks: HooksWithoutPromises;
  readonly #init: AsyncHook;
  readonly #destroy: AsyncHook;
  /** What it was told of and has not been told to forget. */
  readonly #ids = new Set<number>();

  private constructor(taken: Taken, hooks: HooksWithoutPromises) {
    this.#taken = taken;
    this.#hooks = hooks;
    this.#init = hooks.create({ init: guardedInit(taken.init, this.#ids) });
    this.#destroy = hooks.create({ destroy: (asyncId) => this.#forget(asyncId) });
  }

  /** Loads the package; nothing is hooked before `start`. Rejects when it is not there or not as it should be. */
  static async load(hooks: HooksWithoutPromises): Promise<WhyIsNodeRunning> {
    const file = createRequire(resolve(packageFolder() ?? '', 'index.js')).resolve('why-is-node-running');
    return new WhyIsNodeRunning(await take(`${pathToFileURL(file).href}?guru-meditation`), hooks);
  }

  start(): void {
    this.#hooks.enable(this.#init);
    this.#hooks.enable(this.#destroy);
  }

  stop(): void {
    this.#hooks.disable(this.#init);
    this.#hooks.disable(this.#destroy);
    for (const asyncId of this.#ids) this.#forget(asyncId);
  }

  #forget(asyncId: number): void {
    if (this.#ids.delete(asyncId)) this.#taken.destroy(asyncId);
  }

  /**
   * What it calls alive, without this package's own, and how many it had more than it was let log. May be repeated.
   * It asks each resource whether it is ref'd, and what an application's own answer throws is thrown.
   */
  ask(): { resources: AliveResource[]; elided: number } {
    const lines: string[] = [];
    const enough = new Error('enough');
    try {
      this.#taken.print({
        error(line) {
          if (lines.length >= LINES_MAX) throw enough;
          lines.push(line);
        },
      });
    } catch (error) {
      if (error !== enough) throw error;
    }
    return parseLog(lines, isOwnFile);
  }
}

/**
 * The resources of a log of why-is-node-running: a count, then for each a line `# TYPE` and its frames, `file:line - source`.
 * @param isOwn - tells this package's files: our hook stands in each stack once, and resources of our own have them there again
 */
export function parseLog(
  lines: readonly string[],
  isOwn: (file: string) => boolean,
): { resources: AliveResource[]; elided: number } {
  const resources: (AliveResource & { ownFrames: number })[] = [];
  for (const line of lines) {
    if (line.startsWith('# ')) resources.push({ type: line.slice(2), createdAt: [], ownFrames: 0 });
    const last = resources.at(-1);
    const place = /^(\S.*?):(\d+) *(?: - |$)/.exec(line);
    if (last === undefined || place === null || line.startsWith('# ')) continue;
    const frame = frameAt(resolve(place[1] ?? ''), Number(place[2]));
    if (isOwn(frame.file ?? '')) last.ownFrames++;
    else last.createdAt.push(frame);
  }
  const total = Number(/^There are (\d+) /.exec(lines[0] ?? '')?.[1] ?? resources.length);
  const foreign = resources.filter(({ ownFrames }) => ownFrames < 2);
  return {
    resources: foreign.map(({ type, createdAt }) => ({ type, createdAt })),
    elided: Math.max(0, total - resources.length),
  };
}

function frameAt(file: string, line: number): RawFrame {
  return { function: '', file, line, column: null, async: false, kind: 'call' };
}

/** It sets `Error.prepareStackTrace` and sets it back, which leaves a property behind where there was none. */
function guardedInit(init: Init, ids: Set<number>): Init {
  return (asyncId, type, triggerId, resource) => {
    const wasThere = Object.hasOwn(Error, 'prepareStackTrace');
    try {
      ids.add(asyncId);
      init(asyncId, type, triggerId, resource);
    } catch {
      // That one has no stack, then.
    }
    if (!wasThere) Reflect.deleteProperty(Error, 'prepareStackTrace');
  };
}

/** Imports it, and keeps the hook that it enables meanwhile from being enabled; everybody else's hooks are. */
async function take(address: string): Promise<Taken> {
  const prototype = Object.getPrototypeOf(createHook({})) as AsyncHook;
  const { enable } = prototype;
  const taken: AsyncHook[] = [];
  const enableOthers = function (this: AsyncHook): AsyncHook {
    if (!captureText(enableOthers, 1).includes(address)) return enable.call(this);
    taken.push(this);
    return this;
  };
  prototype.enable = enableOthers;
  try {
    const { default: print } = (await importModule(address)) as { default: Print };
    return { ...callbacksOf(taken[0] ?? {}), print };
  } finally {
    if (prototype.enable === enableOthers) prototype.enable = enable;
  }
}

/** Node keeps a hook's callbacks on it, under symbols named after them. */
function callbacksOf(hook: object): { init: Init; destroy: Destroy } {
  const find = (name: string): unknown => {
    const symbol = Object.getOwnPropertySymbols(hook).find((key) => key.description === name);
    return symbol === undefined ? undefined : (hook as Record<symbol, unknown>)[symbol];
  };
  const [init, destroy] = [find('init'), find('destroy')];
  if (typeof init !== 'function' || typeof destroy !== 'function')
    throw new Error('why-is-node-running did not enable a hook that could be taken from it');
  return { init: init as Init, destroy: destroy as Destroy };
}
