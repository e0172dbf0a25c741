/**
 * Stacks as text: the realm (see `realm.ts`) hands over one line a frame, with tabs between the fields. Equal stacks are
 * equal strings, so they can be counted without looking inside; frames are made once for each different stack.
 */
import type { RawFrame } from '../protocol.js';
import type { FrameKind } from '../report/types.js';

/** The frames of a stack's text, innermost first. */
export function decodeFrames(text: string): RawFrame[] {
  return text === '' ? [] : text.split('\n').map(decodeFrame);
}

/** Node's way into a hook: it stands in every creation stack of a native handle, and says nothing. */
const HOOK_FILE = 'node:internal/async_hooks';

/** The frames of one stack's text that are neither in a file of this package nor of Node's hook machinery. */
export function decodeForeignFrames(text: string, isOwn: (file: string) => boolean): RawFrame[] {
  return decodeFrames(text).filter(({ file }) => file === null || (!isOwn(file) && file !== HOOK_FILE));
}

/** One line of a stack's text: `file` as V8 names it, `flags` as `realmSource.ts` tells. */
export interface FrameFields {
  name: string;
  file: string;
  row: string;
  column: string;
  flags: string;
}

export function frameFields(line: string): FrameFields {
  const [name = '', file = '', row = '', column = '', flags = ''] = line.split('\t');
  return { name, file, row, column, flags };
}

function decodeFrame(line: string): RawFrame {
  const { name, file: script, row, column, flags } = frameFields(line);
  const combinator = /^#(\d+)$/.exec(flags);
  let kind: FrameKind = flags.includes('a') ? 'await' : 'call';
  if (combinator !== null) kind = `Promise.${name} #${Number(combinator[1])}`;
  const isPlaced = script !== '' || row !== '';
  return {
    function: flags.includes('n') ? `new ${name}` : combinator === null ? name : `Promise.${name}`,
    file: script === '' ? null : toPath(script),
    line: isPlaced && row !== '' ? Number(row) : null,
    column: isPlaced && column !== '' ? Number(column) : null,
    async: kind !== 'call',
    kind,
  };
}

/** ES modules are known to V8 by their URL. */
function toPath(script: string): string {
  if (!script.startsWith('file://')) return script;
  try {
    const path = decodeURIComponent(new URL(script).pathname);
    return /^\/[A-Za-z]:\//.test(path) ? path.slice(1).replaceAll('/', '\\') : path;
  } catch {
    return script;
  }
}
