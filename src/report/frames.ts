/** What a frame of a stack is, whose code it belongs to, and how it is written for a person. */
import type { Frame } from './types.js';

/** What every frame has, also one fresh from a thread, before package and source are known. */
export type FrameLike = Pick<Frame, 'function' | 'file' | 'line' | 'column' | 'async' | 'kind'>;

/** Whose code a frame runs. `builtin` is V8's own (`Atomics.wait`, `RegExp.test`), which has no file. */
export type FrameOrigin = 'application' | 'package' | 'node' | 'builtin';

/** A stack for reading: frames as they are, and runs of frames that a reader rarely needs as one item with its counts. */
export type FoldedItem<F extends FrameLike> =
  | { kind: 'frame'; frame: F }
  | { kind: 'folded'; count: number; node: number; packages: string[] };

const DATA_URL_SHOWN = 40;
const PACKAGES_SHOWN = 3;

/**
 * Whose code the frame runs. What lies in `node_modules` below `root` belongs to a package; a root that is itself
 * inside a `node_modules` (an application installed globally) is still the application.
 */
export function originOf(frame: Pick<Frame, 'file'>, root: string | null = null): FrameOrigin {
  if (frame.file === null) return 'builtin';
  if (frame.file.startsWith('node:')) return 'node';
  return packageOf(frame.file, root) === null ? 'application' : 'package';
}

/** The npm package a file belongs to (`fastify`, `@scope/name`), also in pnpm's and Yarn's layouts; null for none. */
export function packageOf(file: string, root: string | null = null): string | null {
  const path = withSlashes(toPath(file));
  const below = root === null ? null : relativeTo(path, withSlashes(toPath(root)));
  const segments = (below ?? path).split('/');
  const start = segments.lastIndexOf('node_modules') + 1;
  const [first = '', second = '', third = ''] = segments.slice(start);
  if (start === 0 || second === '') return null;
  if (first === '.pnpm') return third === '' ? null : pnpmName(second);
  if (!first.startsWith('@')) return first;
  return third === '' ? null : `${first}/${second}`;
}

/**
 * The file as a person reads it: `file:` URLs as paths, what lies below `root` relative to it, `data:` URLs cut. The
 * separators of the path stay what they are.
 */
export function displayPath(file: string, root: string | null): string {
  if (file.startsWith('data:') && file.length > DATA_URL_SHOWN) return `${file.slice(0, DATA_URL_SHOWN)}...`;
  const path = toPath(file);
  if (root === null) return path;
  const below = relativeTo(withSlashes(path), withSlashes(toPath(root)));
  return below === null || below === '' ? path : path.slice(path.length - below.length);
}

/** A `file:` URL as a path, without its query; anything else as it is. A broken escape in the URL is left as it stands. */
export function toPath(file: string): string {
  if (!file.startsWith('file://')) return file;
  const bare = file.slice('file://'.length).replace(/[?#].*$/s, '');
  const path = decoded(bare);
  if (/^\/[A-Za-z]:[/\\]/.test(path)) return path.slice(1);
  return path.startsWith('/') ? path : `//${path}`;
}

/** `src/pdf/table.ts:118`; the column only when asked for; an empty string for a frame without a file. */
export function formatPlace(
  frame: Pick<Frame, 'file' | 'line' | 'column'>,
  root: string | null,
  column = false,
): string {
  if (frame.file === null) return '';
  const numbers = [frame.line, column && frame.line !== null ? frame.column : null].filter((part) => part !== null);
  return [displayPath(frame.file, root), ...numbers].join(':');
}

/** What a function without a name is called in a `Frame`; top-level code has an empty name. */
export const ANONYMOUS = '<anonymous>';

/** The function as a person reads it: `async render`, `(top level)`, `(anonymous)`, `async Promise.all #0`. */
export function formatFunction(frame: FrameLike): string {
  const isCombinator = frame.kind.startsWith('Promise.');
  const combinator = frame.kind.slice(0, frame.kind.indexOf(' #'));
  let name = frame.function === '' ? '(top level)' : frame.function.replace(ANONYMOUS, '(anonymous)');
  if (isCombinator) name = ['', combinator].includes(frame.function) ? frame.kind : `${name} (${frame.kind})`;
  const isAsync = frame.async || isCombinator || frame.kind === 'await';
  return isAsync && !name.startsWith('async ') ? `async ${name}` : name;
}

/** `renderTable  src/pdf/table.ts:118`: one frame in one line. */
export function formatFrame(frame: FrameLike, root: string | null, column = false): string {
  const place = formatPlace(frame, root, column);
  return place === '' ? formatFunction(frame) : `${formatFunction(frame)}  ${place}`;
}

/**
 * The frame to name when only one can be named: the first of the application's own code, else of a package, else a
 * built-in of V8; a `node:` frame only where there is nothing else. Null for an empty stack.
 */
export function culprit<F extends FrameLike>(stack: readonly F[], root: string | null = null): F | null {
  for (const origin of ['application', 'package', 'builtin', 'node'] as const) {
    const found = stack.find((frame) => originOf(frame, root) === origin);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * The stack with runs of `node:` and `node_modules` frames folded, in order. Where that would hide every frame, the
 * culprit stays.
 */
export function foldStack<F extends FrameLike>(stack: readonly F[], root: string | null = null): FoldedItem<F>[] {
  const isShown = (frame: F): boolean => ['application', 'builtin'].includes(originOf(frame, root));
  const kept = stack.some(isShown) ? null : culprit(stack, root);
  const items: FoldedItem<F>[] = [];
  for (const frame of stack) {
    const last = items.at(-1);
    if (isShown(frame) || frame === kept) items.push({ kind: 'frame', frame });
    else if (last?.kind === 'folded') addTo(last, frame, root);
    else items.push(addTo({ kind: 'folded', count: 0, node: 0, packages: [] }, frame, root));
  }
  return items;
}

/** `(9 frames in node_modules hidden: fastify)`, `(4 node: frames hidden)`, or both in one line. */
export function formatFold(fold: { count: number; node: number; packages: readonly string[] }): string {
  const shown = fold.packages.slice(0, PACKAGES_SHOWN).join(', ');
  const more = fold.packages.length - PACKAGES_SHOWN;
  const packages = more > 0 ? `${shown} and ${more} more` : shown;
  const inPackages = fold.count - fold.node;
  if (inPackages === 0) return `(${fold.node} node: ${fold.node === 1 ? 'frame' : 'frames'} hidden)`;
  if (fold.node === 0)
    return `(${inPackages} ${inPackages === 1 ? 'frame' : 'frames'} in node_modules hidden: ${packages})`;
  return `(${fold.count} frames hidden: ${fold.node} node:, ${inPackages} in node_modules: ${packages})`;
}

/** Whether both frames are the same place of the same function. */
export function sameFrame(one: FrameLike, other: FrameLike): boolean {
  return (
    one.function === other.function &&
    one.file === other.file &&
    one.line === other.line &&
    one.column === other.column &&
    one.async === other.async &&
    one.kind === other.kind
  );
}

/** Whether both stacks have the same frames in the same order; the beginning of a stack is not the same stack. */
export function sameStack(one: readonly FrameLike[], other: readonly FrameLike[]): boolean {
  return (
    one.length === other.length &&
    one.every((frame, index) => {
      const twin = other[index];
      return twin !== undefined && sameFrame(frame, twin);
    })
  );
}

/** Equal for tasks of equal type with the same stack, different for all others: what tasks are grouped by. */
export function stackKey(type: string, stack: readonly FrameLike[]): string {
  return `${type.length}:${type}${stack.map(frameKey).join('')}`;
}

/** Lengths stand in front of the texts, so that no text can be mistaken for the border between two. */
function frameKey(frame: FrameLike): string {
  const { function: name, file, line, column, kind } = frame;
  return `|${name.length}:${name}${file === null ? '-' : `${file.length}:${file}`}:${line}:${column}:${frame.async ? 'a' : 's'}${kind}`;
}

function addTo<F extends FrameLike>(
  fold: Extract<FoldedItem<F>, { kind: 'folded' }>,
  frame: F,
  root: string | null,
): FoldedItem<F> {
  fold.count += 1;
  const name = frame.file === null || frame.file.startsWith('node:') ? null : packageOf(frame.file, root);
  if (name === null) fold.node += 1;
  else if (!fold.packages.includes(name)) fold.packages.push(name);
  return fold;
}

/** In pnpm's store a folder is named `@scope+name@1.2.3_peer@4`. */
function pnpmName(folder: string): string {
  const end = folder.indexOf('@', 1);
  return (end === -1 ? folder : folder.slice(0, end)).replace('+', '/');
}

function withSlashes(path: string): string {
  const slashed = path.replaceAll('\\', '/');
  return /^[a-z]:\//.test(slashed) ? slashed[0]?.toUpperCase() + slashed.slice(1) : slashed;
}

/** What of `path` lies below `root`; null when it does not. */
function relativeTo(path: string, root: string): string | null {
  const base = root.endsWith('/') ? root : `${root}/`;
  return path.startsWith(base) ? path.slice(base.length) : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
