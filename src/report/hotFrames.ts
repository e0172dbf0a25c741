/** Which functions the stack samples of a thread had on top. */
import type { RawFrame } from '../protocol.js';
import { originOf } from './frames.js';
import type { Frame, HotFrame } from './types.js';

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

/** A built-in of V8 counts as itself, unless node's own code has called it. */
function topOf(stack: readonly RawFrame[]): RawFrame | undefined {
  const called = stack.find((frame) => originOf(frame) !== 'builtin');
  if (called === undefined || originOf(called) !== 'node') return stack[0];
  return stack.find((frame) => !frame.async && ['application', 'package'].includes(originOf(frame))) ?? stack[0];
}
