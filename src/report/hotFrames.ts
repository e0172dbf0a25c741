/** Which functions the stack samples of a thread had on top, and how such a share is said. */
import type { RawFrame } from '../protocol.js';
import { formatFrame, originOf } from './frames.js';
import type { Frame, HotFrame, HotSource } from './types.js';

const SHOWN = 5;

/**
 * Share of the samples per top function, most first; none for fewer than three samples, which would be a guess. What
 * `node:` does on behalf of a function counts for that function; between tasks there is none. Samples are taken by
 * evaluate: the CPU profiler blames the caller for a loop that was entered before it started (DESIGN, facts).
 */
export function hotFrames(samples: readonly (readonly RawFrame[])[], complete: (frame: RawFrame) => Frame): HotFrame[] {
  if (samples.length < 3) return [];
  const tops = samples.flatMap((stack) => topOf(stack) ?? []);
  const counts = new Map<string, { frame: RawFrame; count: number }>();
  for (const frame of tops) {
    const key = `${frame.function} ${frame.file}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { frame, count: 1 });
    else entry.count++;
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, SHOWN)
    .map(({ frame, count }) => ({ frame: complete(frame), share: Math.round((count / samples.length) * 100) / 100 }));
}

/** `97% of 240 ms (17 stack samples) in renderTable  src/pdf/table.ts:118`, `80% of a CPU profile in turn  src/turn.ts:3`. */
export function hotLine({ frame, share }: HotFrame, from: HotSource | null | undefined, root: string | null): string {
  return `${Math.round(share * 100)}% of ${sourceInWords(from)} in ${formatFrame(frame, root)}`;
}

function sourceInWords(from: HotSource | null | undefined): string {
  if (from?.by === 'profiler') return 'a CPU profile';
  if (from == null || from.count === null) return 'stack samples';
  return from.overMs === null
    ? `${from.count} stack samples`
    : `${Math.round(from.overMs)} ms (${from.count} stack samples)`;
}

/** A built-in of V8 counts as itself, unless node's own code has called it. */
function topOf(stack: readonly RawFrame[]): RawFrame | undefined {
  const called = stack.find((frame) => originOf(frame) !== 'builtin');
  if (called === undefined || originOf(called) !== 'node') return stack[0];
  return stack.find((frame) => !frame.async && ['application', 'package'].includes(originOf(frame))) ?? stack[0];
}
