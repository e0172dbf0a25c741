/** Installs everything in this process, once; a second copy of the package finds the first and uses it. */
import { isMainThread } from 'node:worker_threads';
import type { CompiledFile } from '../agent/codeCache.js';
import { installInWorker } from '../agent/install.js';
import { messageOf } from '../errors.js';
import { AGENT_KEY, type AgentHandle } from '../protocol.js';
import { sentinelFile, standAside } from './guard.js';
import { Host } from './host.js';
import { sayOnce } from './notice.js';
import { VERSION } from './version.js';

/**
 * Installs in this thread. Whatever of it fails, the application runs: the reason is one line on stderr. Returns why
 * nothing was installed, null when it was or already had been.
 * @param part - the file that this is in, where the preload has loaded it: its code goes to the workers
 * @throws only under `GMR_STRICT=1`, for a bad variable.
 */
export function install(part: CompiledFile | null): string | null {
  const reason = standAside();
  if (reason !== null) return reason;
  try {
    if (installedHandle() !== null) return null;
    if (!isMainThread) return installInWorker(VERSION) ? null : 'its main thread has no installation';
    return Host.install(VERSION, sentinelFile() ?? '', part);
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
