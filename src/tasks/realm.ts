/**
 * A realm of our own: a `vm` context with its own `Error` and `Promise`, made when it is first needed (about 1 ms). It
 * shares the main context's security token, so an Error made there shows the application's frames, while the
 * application's `Error.prepareStackTrace` and `Error.stackTraceLimit` are neither called, changed nor obeyed. It also
 * has its own microtask queue, so asking for await stacks runs nothing of the application.
 *
 * This file is part of the probe too, which is evaluated where `require` does not exist.
 */
import { REALM_SOURCE } from './realmSource.js';

export const SCRIPT_NAME = 'guru-meditation-realm';

/** Frames kept of a stack by default: more help nobody, and a runaway recursion has ten thousand. */
export const FRAMES_MAX = 200;

/** An async stack may be this deep; the synchronous frames below the question count too and are added. */
const AWAITS_MAX = 64;

/** A stack that was taken and not yet turned into text: V8 does that when it is first read. */
export type HeldStack = object;

interface RealmFunctions {
  hold(skip: unknown, limit: number): HeldStack;
  depth(): number;
  read(holder: HeldStack): unknown;
  begin(limit: number, answers: unknown[]): void;
  end(): void;
}

interface Realm extends RealmFunctions {
  global: { promises: readonly object[] };
  ask(): void;
}

let realm: Realm | null = null;
let isMaking = false;
/** What the names of this package's files begin with; null where this code has no file. */
let ownFilesKnown: string | null | undefined;

/** The built package: this code is in one of several files that lie together. */
const PART = /(guru-meditation-)[a-z]+\.cjs$/;

/** The current synchronous stack as text (`frameText.ts`), this package's own frames included; empty when the realm cannot be made. */
export function captureText(skip?: Function, limit: number = FRAMES_MAX): string {
  const held = holdStack(skip, limit + 20);
  return held === null ? '' : readStack(held);
}

/** Takes the current stack for about 5 us, to be read later or never; null when it cannot be taken. */
export function holdStack(skip: Function | undefined, limit: number): HeldStack | null {
  const made = openRealm();
  return made === null ? null : made.hold(skip, limit);
}

/** The text of a held stack (see `frameText.ts`). */
export function readStack(held: HeldStack): string {
  const text = openRealm()?.read(held);
  return typeof text === 'string' ? text : '';
}

/**
 * For each promise the text of the async functions that wait for it, innermost first; empty where none does, and where
 * V8 cannot tell (several wait for the same promise). Throws nothing; fewer answers than promises mean it failed.
 */
export function askAwaitStacks(promises: readonly object[]): string[] {
  const made = openRealm();
  if (made === null) return [];
  const answers: unknown[] = [];
  try {
    made.begin(made.depth() + AWAITS_MAX, answers);
    made.global.promises = promises;
    made.ask();
  } catch {
    return [];
  } finally {
    made.global.promises = [];
    made.end();
  }
  return answers.map((answer) => (typeof answer === 'string' ? answer : ''));
}

/** Whether a script, as V8 names it, is this package's. */
export function isOwnFile(script: string): boolean {
  const own = ownFiles();
  return own !== null && script.startsWith(own);
}

/** Whether a stack's text has a frame in a file of this package. */
export function passesOwnFile(stack: string): boolean {
  const own = ownFiles();
  return own !== null && stack.includes(`\t${own}`);
}

/** Null as well when the inspector evaluated this code, so that it has no name. */
function ownFiles(): string | null {
  if (ownFilesKnown !== undefined) return ownFilesKnown;
  const [frame = ''] = captureText(undefined, 1).split('\n');
  const [called, name = ''] = frame.split('\t');
  // In an interrupt of the realm's own work only async frames may be told: the first one is not this package's then.
  if (called === holdStack.name) ownFilesKnown = name === '' ? null : name.replace(PART, '$1');
  return ownFilesKnown ?? null;
}

/** Makes it, if it is not there yet; null where it cannot be made. */
export function openRealm(): Realm | null {
  if (realm !== null || isMaking) return realm;
  isMaking = true;
  try {
    realm = makeRealm();
  } catch {
    // Without a realm there are no stacks; everything else goes on, and the next attempt may succeed.
  } finally {
    isMaking = false;
  }
  return realm;
}

function makeRealm(): Realm {
  const vm = process.getBuiltinModule('node:vm');
  const global = { promises: [] };
  const context = vm.createContext(global, { name: 'guru-meditation', microtaskMode: 'afterEvaluate' });
  const functions = new vm.Script(REALM_SOURCE, { filename: SCRIPT_NAME }).runInContext(context) as RealmFunctions;
  const question = new vm.Script('ask()', { filename: SCRIPT_NAME });
  return { ...functions, global, ask: () => void question.runInContext(context) };
}
