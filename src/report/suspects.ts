/** What a program that should have ended hangs on: threads that are stuck, else where the application's own code waits. */
import { culprit, formatFrame, originOf } from './frames.js';
import type { Frame, Report, TaskGroup, VerdictCode } from './types.js';
import { wholeReport } from './whole.js';

export interface Suspect {
  /** What its verdict says; `await` where nothing is wrong with the process, and this await has not come back. */
  code: VerdictCode | 'await';
  pid: number;
  /** The process as its report names it. */
  process: string;
  /** What the verdict says, or how many await there. */
  text: string;
  forMs: number | null;
  frame: Frame | null;
  /** Where places of this process are shown relative to; null when not known. */
  root: string | null;
}

/** Awaits of a process that are named; more of them are seldom each a cause of its own. */
const WAITS_MOST = 3;

/**
 * Of several processes the worst first: stuck threads, then awaits of the application's code, the longest first.
 * `folder` is what the application is, where a test runner's process takes the runner for it; null for each process's own.
 */
export function findSuspects(reports: readonly Report[], folder: string | null): Suspect[] {
  return reports
    .flatMap((report) => suspectsOf(report, folder))
    .sort((one, other) => rank(one) - rank(other) || ageOf(other) - ageOf(one));
}

/** The reports, those with the worst suspects first. */
export function worstReportsFirst(reports: readonly Report[], folder: string | null): Report[] {
  const order = findSuspects(reports, folder).map(({ pid }) => pid);
  const place = ({ process: { pid } }: Report): number => (order.includes(pid) ? order.indexOf(pid) : order.length);
  return [...reports].sort((one, other) => place(one) - place(other));
}

function suspectsOf(given: Report, folder: string | null): Suspect[] {
  const report = wholeReport(given);
  const { pid, serviceName } = report.process;
  const root = folder ?? report.process.root;
  const of = { pid, process: serviceName, root };
  const stuck = report.verdicts
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, text, forMs, frame }): Suspect => {
      const place = frame === null ? '' : formatFrame(frame, report.process.root);
      const shorter = frame === null ? text : text.replace(place, () => formatFrame(frame, root));
      return { ...of, code, text: shorter, forMs, frame };
    });
  const waits = report.tasks.groups
    .flatMap((group): Suspect[] => {
      const frame = placeOf(group, root);
      const text = `${group.count} x ${group.type}${group.waitsFor === null ? '' : ` for ${group.waitsFor.what}`}`;
      return frame === null ? [] : [{ ...of, code: 'await', text, forMs: group.ageMs?.max ?? null, frame }];
    })
    .sort((one, other) => ageOf(other) - ageOf(one));
  return [...stuck, ...waits.slice(0, WAITS_MOST)];
}

/** Where the application itself waits: what awaits in a package's own service is how that package lives. */
function placeOf({ type, awaitStack }: TaskGroup, root: string | null): Frame | null {
  if (type !== 'await') return null;
  const frame = culprit(awaitStack, root);
  return frame !== null && originOf(frame, root) === 'application' ? frame : null;
}

function rank({ code }: Suspect): number {
  return code === 'await' ? 1 : 0;
}

function ageOf({ forMs }: Suspect): number {
  return forMs ?? -1;
}
