/** Reports of replicas as text: how many are stuck in the same place, then the odd ones, then those that are fine. */
import type { Replica, ReplicaGroup, ReplicaReport } from '../report/replicas.js';
import { counted, duration } from './amounts.js';
import { escape, escapeJson } from './escape.js';
import { labelled, printLines, WIDTH } from './layout.js';
import { frameLine, sourceOf } from './stackLines.js';
import { labelOfCode } from './verdictBlocks.js';

const REPLICAS_SHOWN = 8;
const TEXT_INDENT = 9;

/** The whole text, with a line break at its end; with `full` every replica is named. */
export function renderReplicas(replicas: ReplicaReport, options: { full?: boolean } = {}): string {
  const full = options.full === true;
  const { groups, count, serviceNames } = replicas;
  const lines = groups.flatMap((group) => [...groupLines(group, count, full), '']);
  const services =
    serviceNames.length > 1
      ? labelled('NOTE', `Not one service but ${serviceNames.length}: ${serviceNames.join(', ')}.`)
      : [];
  const head = `==== Guru Meditation ==== ${serviceNames[0] ?? ''} ==== ${counted(count, 'report')} ====`;
  const printed = printLines([...services, ...(services.length > 0 ? [''] : []), ...lines], full);
  return [escape(head), '', ...printed, '='.repeat(WIDTH), `-- end: ${escape(conclusion(replicas))} --`]
    .map((line) => `${line}\n`)
    .join('');
}

/** The groups as JSON, indented by two, with a line break at its end. */
export function renderReplicasJson(replicas: ReplicaReport): string {
  return `${escapeJson(JSON.stringify(replicas, null, 2))}\n`;
}

function groupLines(group: ReplicaGroup, count: number, full: boolean): string[] {
  const { code, frame, replicas, text, waitsFor } = group;
  const many = `${replicas.length} of ${count}`;
  if (code === null) return labelled('FINE', `${many}, nothing looks stuck: ${namesOf(replicas, full)}`);
  const longest = Math.max(...replicas.map(({ forMs }) => forMs ?? -1));
  const time = longest < 0 ? '' : `, for up to ${duration(longest)}`;
  const lines = labelled(labelOfCode(code), `${many}${frame === null ? '' : ' at the same frame'}${time}: ${code}`);
  if (frame === null) lines.push(...labelled('  why', text, TEXT_INDENT));
  else {
    const source = sourceOf(frame);
    lines.push(`  in     ${frameLine(frame, group.root)}`);
    if (source !== null) lines.push(`${' '.repeat(TEXT_INDENT)}${frame.line ?? '?'} | ${source}`);
  }
  if (waitsFor !== null && !text.includes(waitsFor)) lines.push(...labelled('  waits', `for ${waitsFor}`, TEXT_INDENT));
  return [...lines, ...labelled('  here', namesOf(replicas, full), TEXT_INDENT)];
}

/** `web-07 4242 thread 3 (a.json)`: host and pid, and the file where it came from. */
function namesOf(replicas: readonly Replica[], full: boolean): string {
  const shown = full ? replicas : replicas.slice(0, REPLICAS_SHOWN);
  const names = shown.map(({ host, pid, threadId, source }) => {
    const thread = threadId === null ? '' : ` ${threadId === 0 ? 'main' : `thread ${threadId}`}`;
    return `${host} ${pid}${thread} (${source})`;
  });
  const hidden = replicas.length - shown.length;
  return hidden > 0 ? `${names.join(', ')} and ${hidden} more` : names.join(', ');
}

function conclusion({ groups, count }: ReplicaReport): string {
  const [worst] = groups;
  if (worst === undefined || worst.code === null) return `nothing looks stuck in ${counted(count, 'report')}`;
  const place = worst.frame === null ? '' : ` at ${frameLine(worst.frame, worst.root).replaceAll(/ {2}/g, ' ')}`;
  return `${worst.replicas.length} of ${count} ${labelOfCode(worst.code)}${place}`;
}
