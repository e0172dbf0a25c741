/** The text that is evaluated in a thread: a call of its agent, or of the self-contained probe where it has none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotRequest } from '../protocol.js';

const AGENT = 'globalThis[Symbol.for("guru-meditation.agent")]';

let probeText: string | null = null;

/** Gives JSON of a `ThreadSnapshot`, or '' where the thread has no agent. */
export function snapshotExpression(request: SnapshotRequest, by: 'agent' | 'probe'): string {
  const argument = JSON.stringify(JSON.stringify(request));
  return by === 'agent' ? `${AGENT}?.snapshot(${argument}) ?? ""` : probe('snapshot', argument);
}

/** Gives JSON of `RawFrame[]`. */
export function stackExpression(by: 'agent' | 'probe'): string {
  return by === 'agent' ? `${AGENT}?.stack() ?? ""` : probe('stack', '""');
}

/** The probe leaves nothing behind in the thread: it is one expression, and its names live in a function's scope. */
function probe(call: 'snapshot' | 'stack', argument: string): string {
  probeText ??= readFileSync(join(__dirname, 'guru-meditation-probe.js'), 'utf8');
  return `(() => { ${probeText}\nreturn guruMeditationProbe.${call}(${argument}); })()`;
}
