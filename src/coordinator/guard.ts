/** Whether this process lets us work at all, and which of our means it forbids. Features are asked for, not versions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { packageFolder } from '../packageFolder.js';
import { isOff } from '../optionChecks.js';
import { sayOnce } from './notice.js';

const SENTINEL = 'guru-meditation-sentinel.cjs';

interface Permission {
  has(scope: string, reference?: string): boolean;
}

/** Whether the environment turns everything off (`GMR=off`). */
export function isTurnedOff(environment: Record<string, string | undefined>): boolean {
  return isOff(environment['GMR']);
}

/** Why nothing must be installed here, which main has told on stderr; null when nothing speaks against it. */
export function standAside(): string | null {
  const reason = reasonToStandAside();
  if (isMainThread && reason !== null && reason !== '') sayOnce('GMR_UNSUPPORTED', `not installed: ${reason}`);
  return reason;
}

/** In a person's words; '' when it is to stay silent (`GMR=off`). */
function reasonToStandAside(): string | null {
  if (isTurnedOff(process.env)) return '';
  const foreign = ['bun', 'deno', 'electron'].find((runtime) => process.versions[runtime] !== undefined);
  if (foreign !== undefined) return `this runtime is ${foreign}, and only Node.js is supported`;
  if (!Object.isExtensible(globalThis)) return 'globalThis is frozen, so a thread could not be found again';
  if (forbids('worker')) return 'the permission model forbids worker threads (--allow-worker)';
  const folder = packageFolder();
  if (folder !== null && forbids('fs.read', join(folder, SENTINEL)))
    return 'the permission model forbids reading the files of this package (--allow-fs-read)';
  if (sentinelFile() === null)
    return 'its files are not where they were installed (bundled into one file?): load it with -r from node_modules';
  return null;
}

/** Whether an inspector session may be opened: under `--permission` the attempt alone would abort the process. */
export function allowsInspector(): boolean {
  const hasInspector = (process.features as { inspector?: boolean }).inspector !== false;
  return hasInspector && !forbids('inspector');
}

/** The sentinel's entry, beside this file in the package; null where the package was bundled into something else. */
export function sentinelFile(): string | null {
  const folder = packageFolder();
  if (folder === null) return null;
  const file = join(folder, SENTINEL);
  return existsSync(file) ? file : null;
}

function forbids(scope: string, reference?: string): boolean {
  const { permission } = process as { permission?: Permission };
  return permission?.has(scope, reference) === false;
}
