/** The preload: `node -r guru-meditation/register app.js`. Importing it is all there is to do. */
import { join } from 'node:path';
import { getEnvironmentData, isMainThread } from 'node:worker_threads';
import { codeOf } from './agent/codeCache.js';
import { loadPart } from './agent/threadPart.js';
import { standAside } from './coordinator/guard.js';
import { sayOnce } from './coordinator/notice.js';
import { messageOf } from './errors.js';
import { packageFolder } from './packageFolder.js';
import { ENVIRONMENT_KEY, type SharedSetup } from './protocol.js';

type ThreadPart = typeof import('./coordinator/install.js');

function load(): void {
  const setup = getEnvironmentData(ENVIRONMENT_KEY) as Partial<SharedSetup> | undefined;
  const file = join(packageFolder() ?? '', 'guru-meditation-thread.cjs');
  const part = loadPart(file, codeOf(file, setup?.code));
  (part.exports as ThreadPart).install(part);
}

if (standAside() === null) {
  try {
    load();
  } catch (error) {
    if (process.env['GMR_STRICT'] === '1') throw error;
    if (isMainThread) sayOnce('GMR_INSTALL', `not installed: ${messageOf(error)}`);
  }
}
