/** Installs everything in this process, once; a second copy of the package finds the first and uses it. */
import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { handedPart } from '../agent/codeCache.js';
import { loadPart } from '../agent/threadPart.js';
import { messageOf } from '../errors.js';
import { packageFolder, partFile } from '../packageFolder.js';
import { AGENT_KEY, ENVIRONMENT_KEY, type AgentHandle, type SharedSetup } from '../protocol.js';
import { isTurnedOff, sentinelFile, standAside } from './guard.js';
import { sayOnce } from './notice.js';
import { VERSION } from './version.js';

type AgentPart = typeof import('../agent/install.js');
type CoordinatorPart = typeof import('./host.js');

/**
 * Installs in this thread. Whatever of it fails, the application runs: the reason is one line on stderr. Returns why
 * nothing was installed, null when it was or already had been.
 * @throws only under `GMR_STRICT=1`, for a bad variable.
 */
export function install(): string | null {
  return isMainThread ? installOnMain() : installHere();
}

/** The installation of this thread, made by this copy of the package or by another one. */
export function installedHandle(): AgentHandle | null {
  return (globalThis as { [AGENT_KEY]?: AgentHandle })[AGENT_KEY] ?? null;
}

function installOnMain(): string | null {
  const reason = standAside();
  if (reason !== null) return reason;
  try {
    if (installedHandle() === null) loadOnMain(packageFolder() ?? '');
    return null;
  } catch (error) {
    if (isStrict()) throw error;
    sayOnce('GMR_INSTALL', `not installed: ${messageOf(error)}`);
    return messageOf(error);
  }
}

function loadOnMain(folder: string): void {
  const agent = loadPart(partFile(folder, 'agent'), null);
  lend(agent);
  const coordinator = agent.beside(partFile(folder, 'coordinator'));
  (coordinator.exports as CoordinatorPart).Host.install(VERSION, sentinelFile() ?? '', { agent, coordinator });
}

/**
 * In a worker. What speaks against an installation, main has found already: so that each start is short, it is looked for
 * only where there is none. It stays silent: a worker may be on its way out while it loads us, and one that has no agent is
 * named in every report.
 */
function installHere(): string | null {
  if (isTurnedOff(process.env)) return '';
  try {
    if (installedHandle() !== null || loadHere(packageFolder() ?? '')) return null;
    return standAside() ?? 'its main thread has no installation';
  } catch (error) {
    if (isStrict()) throw error;
    return standAside() ?? messageOf(error);
  }
}

function loadHere(folder: string): boolean {
  const setup = getEnvironmentData(ENVIRONMENT_KEY) as Partial<SharedSetup> | undefined;
  if (typeof setup !== 'object') return false;
  const file = partFile(folder, 'agent');
  const handed = handedPart(file, setup.code);
  const agent = loadPart(file, handed);
  lend(agent);
  return (agent.exports as AgentPart).installInWorker(VERSION, setup, agent, handed?.answers ?? null);
}

function lend({ exports }: { exports: object }): void {
  (exports as AgentPart).lendImport((address) => import(address));
}

function isStrict(): boolean {
  return process.env['GMR_STRICT'] === '1';
}
