/**
 * Labels that tasks inherit, such as a tenant or a job: what is made in the scope of a label carries it. The scope is an
 * `AsyncLocalStorage` that does not exist before the first label, since it costs something on every line.
 *
 * Labels are noted when a task is made: newer lines keep the scope of a promise and of a native handle where no JavaScript
 * can read it later.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';

/** Never changed once it is made: all tasks of a scope share it. */
export type Labels = Readonly<Record<string, string>>;

/** How a thread's labels are set. */
export interface LabelScope {
  add: typeof addLabel;
  run: typeof runWithLabels;
}

const KEY_MAX = 64;
const VALUE_MAX = 200;
const LABELS_MAX = 16;
const LEFT_OUT = '(other labels)';

let storage: AsyncLocalStorage<Labels> | null = null;

/** Whether any label was ever set in this thread. */
export function areLabelsInUse(): boolean {
  return storage !== null;
}

/** The labels of the running scope; null where there are none. */
export function currentLabels(): Labels | null {
  return storage === null ? null : (storage.getStore() ?? null);
}

/** Puts one label on everything that is made from here on in the running scope. Never throws. */
export function addLabel(key: unknown, value: unknown): void {
  try {
    openStorage().enterWith(extended(currentLabels(), [[key, value]]));
  } catch {
    // Out of stack or memory: the task goes without.
  }
}

/** Runs `work` in a scope with these labels added; gives back or throws what `work` does, and throws nothing else. */
export function runWithLabels<Result>(labels: unknown, work: () => Result): Result {
  const scope = newScope(labels);
  return scope === null ? work() : openStorage().run(scope, work);
}

function newScope(labels: unknown): Labels | null {
  try {
    openStorage();
    return extended(currentLabels(), Object.entries(labels as object));
  } catch {
    return null;
  }
}

function extended(base: Labels | null, entries: readonly (readonly [key: unknown, value: unknown])[]): Labels {
  const labels = new Map(Object.entries(base ?? {}));
  for (const [key, value] of entries) {
    const name = textOf(key, KEY_MAX);
    if (value === undefined) labels.delete(name);
    else if (labels.has(name) || labels.size < LABELS_MAX) labels.set(name, textOf(value, VALUE_MAX));
    else labels.set(LEFT_OUT, `more than ${LABELS_MAX}`);
  }
  return Object.freeze(Object.fromEntries(labels));
}

/** Runs the `toString` of an application's value, here and now, in the call that gave it. */
function textOf(value: unknown, most: number): string {
  try {
    const text = String(value);
    return text.length > most ? `${text.slice(0, most)}... (+${text.length - most})` : text;
  } catch {
    return '(its toString throws)';
  }
}

function openStorage(): AsyncLocalStorage<Labels> {
  storage ??= new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<Labels>();
  return storage;
}
