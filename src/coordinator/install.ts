/** Installs everything in this process, once; a second copy of the package finds the first and uses it. */
import { join } from 'node:path';
import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { answersOf, codeOf, CodeForWorkers } from '../agent/codeCache.js';
import { KeptText } from '../agent/keptText.js';
import { loadBeside, loadPart } from '../agent/threadPart.js';
import { messageOf } from '../errors.js';
import { packageFolder } from '../packageFolder.js';
import { AGENT_KEY, ENVIRONMENT_KEY, type AgentHandle, type SharedSetup } from '../protocol.js';
import { sentinelFile, standAside } from './guard.js';
import { sayOnce } from './notice.js';
import { VERSION } from './version.js';

type AgentPart = typeof import('../agent/install.js');
type AnswersPart = typeof import('../agent/answers.js');
type CoordinatorPart = typeof import('./host.js');
type ReportsPart = typeof import('./mainReports.js');

/**
 * Installs in this thread. Whatever of it fails, the application runs: the reason is one line on stderr. Returns why
 * nothing was installed, null when it was or already had been.
 * @throws only under `GMR_STRICT=1`, for a bad variable.
 */
export function install(): string | null {
  const reason = standAside();
  if (reason !== null) return reason;
  try {
    return installedHandle() === null ? load(packageFolder() ?? '') : null;
  } catch (error) {
    if (process.env['GMR_STRICT'] === '1') throw error;
    // A worker may be on its way out while it loads us; one that has no agent is named in every report.
    if (isMainThread) sayOnce('GMR_INSTALL', `not installed: ${messageOf(error)}`);
    return messageOf(error);
  }
}

/** The installation of this thread, made by this copy of the package or by another one. */
export function installedHandle(): AgentHandle | null {
  return (globalThis as { [AGENT_KEY]?: AgentHandle })[AGENT_KEY] ?? null;
}

function load(folder: string): string | null {
  const path = (name: string): string => join(folder, `guru-meditation-${name}.cjs`);
  const { code } = (getEnvironmentData(ENVIRONMENT_KEY) ?? {}) as Partial<SharedSetup>;
  const part = loadPart(path('agent'), codeOf(path('agent'), code));
  const { Agent, installInWorker, lendImport } = part.exports as AgentPart;
  const answers = new KeptText(path('answers'), () => answersOf(path('agent'), code));
  const loadAnswers = (): AnswersPart => loadBeside(part, answers) as AnswersPart;
  lendImport((address) => import(address));
  if (!isMainThread) {
    const isInstalled = installInWorker(VERSION, { loadAnswers, keepTexts: () => answers.keep() });
    return isInstalled ? null : 'its main thread has no installation';
  }
  const coordinator = loadPart(path('coordinator'), null);
  const { Host } = coordinator.exports as CoordinatorPart;
  const reports = new KeptText(path('leading'));
  return Host.install(VERSION, sentinelFile() ?? '', {
    Agent,
    loadAnswers,
    loadReports: () => loadBeside(coordinator, reports) as ReportsPart,
    keepTexts: () => {
      answers.keep();
      reports.keep();
    },
    code: new CodeForWorkers(part, () => answers.bytes),
  });
}
