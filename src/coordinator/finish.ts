/** From what was collected to the finished report, and out: the heavy end, in the sentinel where there is one. */
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

export function finishReport(collected: Collected, settings: ReportSettings, order: FinishOrder): Report {
  const report = buildReport(collected, settings);
  if (order.deliver) deliver(report, settings);
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

function buildReport(collected: Collected, settings: ReportSettings): Report {
  const { mainScript } = collected.main;
  const { root, ...packageFacts } = readPackage(mainScript ?? undefined, settings.version, workingFolder());
  const sources = new SourceLines(root);
  const cut: NotRead[] = [];
  const processes = readProcesses(process.pid, '/proc', {
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
