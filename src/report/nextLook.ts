/** How somebody finds out whether what a report shows changes: by a command, where this process can be asked by one. */
import type { Unjudged } from './verdictParts.js';

const BY_HAND = 'take a second report and compare';

/** `is it still moving?  gmr diff --again 4242 (reads only, 1 s)`. */
export function lookAgain(question: string, report: Unjudged): string {
  return `${question}  ${canBeAsked(report) ? `gmr diff --again ${report.process.pid} (reads only, 1 s)` : BY_HAND}`;
}

/** `does it grow?  gmr watch 4242 (reads only, every 3 s)`. */
export function lookOften(question: string, report: Unjudged): string {
  return `${question}  ${canBeAsked(report) ? `gmr watch ${report.process.pid} (reads only, every 3 s)` : BY_HAND}`;
}

/** Processes are asked on Linux, while they run, and only those that this package is in. */
function canBeAsked({ process, report, threads }: Unjudged): boolean {
  const isEnding = report.trigger.kind === 'crash' || report.trigger.kind === 'stop';
  return process.platform === 'linux' && !isEnding && threads.some(({ instrumented }) => instrumented);
}
