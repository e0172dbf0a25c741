/** From what was collected to the finished report, and out: the heavy end, in the sentinel where there is one. */
import { writeAnswer } from './asking/answer.js';
import { findVerdicts } from '../report/verdicts.js';
import { assembleReport } from './assemble.js';
import { redactReport } from '../report/redact.js';
import type { NotRead, Report } from '../report/types.js';
import { keptAlive } from '../sections/keptAlive.js';
import { readPackage, serviceNameOf } from '../sections/package.js';
import { readProcesses } from '../sections/processes.js';
import type { Collected } from './collected.js';
import { deliver } from './deliver.js';
import type { FinishOrder } from './lead.js';
import type { ReportSettings } from './settings.js';
import { isStillAlive } from './stopSignals.js';
import { VERSION } from './version.js';
import { SourceLines } from './sourceLines.js';

export { deliver };

export function finishReport(collected: Collected, settings: ReportSettings, order: FinishOrder): Report {
  const report = buildReport(collected, settings);
  if (order.deliver) deliver(report, settings);
  if (order.answer !== null) writeAnswer(order.answer, report);
  return report;
}

/** Null when it was deleted. */
function workingFolder(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

/** The report, not delivered. */
export function buildReport(collected: Collected, settings: Pick<ReportSettings, 'serviceName' | 'version'>): Report {
  const { main, identity } = collected;
  const { mainScript } = main;
  const folder = collected.collectedBy === 'attached' ? null : workingFolder();
  const { root, ...packageFacts } = readPackage(mainScript ?? undefined, settings.version, folder);
  const sources = new SourceLines(root, identity.startedAtMs);
  const cut: NotRead[] = [];
  const processes = readProcesses(identity.pid, '/proc', {
    isOwn: collected.collectedBy !== 'attached',
    onCut: (why) => cut.push({ threadId: null, what: 'processes', why }),
  });
  const unjudged = assembleReport(
    { ...collected, notRead: [...collected.notRead, ...cut] },
    {
      by: `guru-meditation ${VERSION}`,
      packageFacts,
      serviceName: serviceNameOf(settings.serviceName, packageFacts.product, mainScript ?? undefined),
      root,
      processes,
      frame: (frame) => sources.complete(frame),
    },
  );
  if (isStillAlive(collected.request.trigger)) unjudged.sections.unshift(keptAlive(unjudged));
  return redactReport({ ...unjudged, verdicts: findVerdicts(unjudged) });
}
