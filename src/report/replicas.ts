/** Reports of several processes that should be alike: which of them are stuck in the same place. */
import type { Frame, Report, Verdict, VerdictCode } from './types.js';
import { wholeReport } from './whole.js';

export interface Replica {
  /** Where the report came from, such as its file. */
  source: string;
  id: string;
  serviceName: string;
  host: string;
  pid: number;
  requestedAt: string;
  threadId: number | null;
  forMs: number | null;
}

/** Replicas with one and the same worst verdict. */
export interface ReplicaGroup {
  /** Null for those in which nothing is wrong. */
  code: VerdictCode | null;
  /** Where, the same in all; null where the verdict has no place. */
  frame: Frame | null;
  /** What the first of them says. */
  text: string;
  waitsFor: string | null;
  root: string | null;
  replicas: Replica[];
}

export interface ReplicaReport {
  format: 'guru-meditation-replicas';
  formatVersion: 1;
  count: number;
  serviceNames: string[];
  groups: ReplicaGroup[];
}

/** Groups reports by their worst verdict: alarms before calm, many before few. `sources` are named as the reports are. */
export function groupReplicas(given: readonly Report[], sources: readonly string[]): ReplicaReport {
  const groups = new Map<string, ReplicaGroup>();
  const reports = given.map(wholeReport);
  for (const [index, report] of reports.entries()) {
    const worst = report.verdicts.find(({ severity }) => severity !== 'info') ?? null;
    const key = keyOf(worst, report.process.root);
    const group = groups.get(key) ?? groupOf(worst, report);
    group.replicas.push(replicaOf(report, sources[index] ?? '', worst));
    groups.set(key, group);
  }
  return {
    format: 'guru-meditation-replicas',
    formatVersion: 1,
    count: reports.length,
    serviceNames: [...new Set(reports.map(({ process }) => process.serviceName))].sort(),
    groups: [...groups.values()].sort(
      (one, other) =>
        Number(other.code !== null) - Number(one.code !== null) || other.replicas.length - one.replicas.length,
    ),
  };
}

/** The same place of the same code, wherever each replica is installed. */
function keyOf(verdict: Verdict | null, root: string | null): string {
  if (verdict === null) return 'calm';
  const { code, frame } = verdict;
  if (frame === null) return JSON.stringify([code, verdict.waitsFor?.kind ?? null]);
  const below = root !== null && frame.file?.startsWith(root) === true ? frame.file.slice(root.length) : frame.file;
  return JSON.stringify([code, frame.function, below, frame.line]);
}

function groupOf(verdict: Verdict | null, report: Report): ReplicaGroup {
  return {
    code: verdict?.code ?? null,
    frame: verdict?.frame ?? null,
    text: verdict?.text ?? '',
    waitsFor: verdict?.waitsFor?.what ?? null,
    root: report.process.root,
    replicas: [],
  };
}

function replicaOf({ report, process }: Report, source: string, worst: Verdict | null): Replica {
  const { serviceName, host, pid } = process;
  const { id, requestedAt } = report;
  return {
    source,
    id,
    serviceName,
    host,
    pid,
    requestedAt,
    threadId: worst?.threadId ?? null,
    forMs: worst?.forMs ?? null,
  };
}
