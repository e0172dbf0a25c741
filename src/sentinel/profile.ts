/**
 * Which functions a CPU profile blames. Asked only where stacks are empty: between microtasks and ticks there are no
 * frames to sample, and the profiler, which interrupts by signal, meets the functions inside (DESIGN, facts).
 */
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../packageFolder.js';
import type { RawFrame } from '../protocol.js';
import { ANONYMOUS } from '../report/frames.js';

export interface ProfiledFunction {
  frame: RawFrame;
  /** Its own share, 0 to 1, of the samples in which the thread was not idle. */
  share: number;
}

/** A node of V8's `Profiler.Profile`; lines and columns count from 0. */
interface ProfileNode {
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  hitCount?: number;
}

const SHOWN = 5;

/** Functions outside of `node:` and of this package by their own time, most first; empty for anything but a profile. */
export function profiledFunctions(answer: unknown, ownFolder: string | null = packageFolder()): ProfiledFunction[] {
  const nodes = (answer as { profile?: { nodes?: ProfileNode[] } } | null)?.profile?.nodes;
  if (!Array.isArray(nodes)) return [];
  const active = nodes.filter(({ callFrame }) => callFrame.functionName !== '(idle)');
  const total = active.reduce((sum, node) => sum + (node.hitCount ?? 0), 0);
  const functions = new Map<string, { node: ProfileNode; hits: number }>();
  for (const node of active) {
    if (!isOfApplication(node, ownFolder) || (node.hitCount ?? 0) === 0) continue;
    const key = `${node.callFrame.functionName} ${node.callFrame.url}:${node.callFrame.lineNumber}`;
    const known = functions.get(key);
    if (known === undefined) functions.set(key, { node, hits: node.hitCount ?? 0 });
    else known.hits += node.hitCount ?? 0;
  }
  return [...functions.values()]
    .sort((one, other) => other.hits - one.hits)
    .slice(0, SHOWN)
    .map(({ node, hits }) => ({ frame: frameOf(node), share: Math.round((hits / total) * 100) / 100 }));
}

function isOfApplication({ callFrame: { url } }: ProfileNode, ownFolder: string | null): boolean {
  if (url === '' || url.startsWith('node:')) return false;
  return ownFolder === null || !toFile(url).startsWith(ownFolder + sep);
}

/** The function's own place: where in it the samples fell is not sure, since inlined functions count with their lines. */
function frameOf({ callFrame }: ProfileNode): RawFrame {
  return {
    function: callFrame.functionName === '' && !isTopLevel(callFrame) ? ANONYMOUS : callFrame.functionName,
    file: toFile(callFrame.url),
    line: callFrame.lineNumber + 1,
    column: callFrame.columnNumber + 1,
    async: false,
    kind: 'call',
  };
}

/** The profiler has no name for either, and counts both from 0: only the top level begins where its file does. */
function isTopLevel({ lineNumber, columnNumber }: ProfileNode['callFrame']): boolean {
  return lineNumber === 0 && columnNumber === 0;
}

function toFile(url: string): string {
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  } catch {
    return url;
  }
}
