/** Verdicts of two reports side by side. */
import type { Report, Verdict } from './types.js';

export interface VerdictChanges {
  new: Verdict[];
  gone: Verdict[];
  /** In both, as the later report says them. */
  continuing: Verdict[];
}

/** Each verdict has at most one twin. Numbers of threads count only where `isSame` says that the process is the same. */
export function verdictChanges(before: Report, after: Report, isSame: boolean): VerdictChanges {
  const left = new Map<string, Verdict[]>();
  for (const verdict of before.verdicts) {
    const key = keyOf(verdict, isSame);
    left.set(key, [...(left.get(key) ?? []), verdict]);
  }
  const changes: VerdictChanges = { new: [], gone: [], continuing: [] };
  for (const verdict of after.verdicts) {
    const twin = left.get(keyOf(verdict, isSame))?.shift();
    if (twin === undefined) changes.new.push(verdict);
    else changes.continuing.push(verdict);
  }
  changes.gone.push(...[...left.values()].flat());
  return changes;
}

/** Of a thread: what is wrong with which; of tasks and pools: what is wrong where. Figures change and tell nothing apart. */
function keyOf({ code, threadId, frame, waitsFor }: Verdict, isSame: boolean): string {
  const place = frame === null ? null : [frame.function, frame.file];
  if (code.startsWith('thread-') && isSame) return JSON.stringify([code, threadId]);
  return JSON.stringify([code, isSame ? threadId : null, place, waitsFor?.kind ?? null]);
}
