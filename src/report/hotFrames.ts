/** Which functions the stack samples of a thread had on top. */
import type { RawFrame } from '../protocol.js';
import type { Frame, HotFrame } from './types.js';

const SHOWN = 5;

/**
 * Share per top function, most first; none for fewer than three samples, which would be a guess. Samples are taken by
 * evaluate: the CPU profiler blames the caller for a loop that was entered before it started (DESIGN, facts).
 */
export function hotFrames(samples: readonly (readonly RawFrame[])[], complete: (frame: RawFrame) => Frame): HotFrame[] {
  const tops = samples.flatMap((stack) => stack.slice(0, 1));
  if (tops.length < 3) return [];
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
    .map(({ frame, count }) => ({ frame: complete(frame), share: Math.round((count / tops.length) * 100) / 100 }));
}
