/** A stored report may have been printed without some of its sections: here it gets them back, empty. */
import type { Report, TasksReport } from './types.js';

const NO_TASKS: TasksReport = {
  mode: 'off',
  heapScan: { done: false, why: '', pauseMs: 0, byThread: [] },
  pending: 0,
  placesRead: 0,
  collectedUnsettled: 0,
  groupsElided: 0,
  groups: [],
};

/** The report with every part there, so that views need not ask. */
export function wholeReport(report: Report): Report {
  const stored: Partial<Report> = report;
  return {
    ...report,
    package: stored.package ?? { vendor: null, product: null, version: null },
    verdicts: stored.verdicts ?? [],
    threads: stored.threads ?? [],
    tasks: stored.tasks === undefined ? NO_TASKS : wholeTasks(stored.tasks),
    pools: stored.pools ?? [],
    processes: stored.processes ?? [],
    configuration: stored.configuration ?? {},
    sections: stored.sections ?? [],
  };
}

/** Reports of earlier versions do not tell the searches thread by thread. */
function wholeTasks(tasks: TasksReport): TasksReport {
  const { byThread }: Partial<TasksReport['heapScan']> = tasks.heapScan;
  return { ...tasks, heapScan: { ...tasks.heapScan, byThread: byThread ?? [] } };
}
