/**
 * What the sentinel evaluates in a thread with a list of all its promises. Apart from the probe, which is evaluated in
 * workers that are still starting as well, and must not be the first to touch what Node makes when it is first used.
 */
import { listAwaited } from '../tasks/heapScan.js';
import type { HeapScanLimits } from '../protocol.js';
import { applyThreadMaps } from './threadMaps.js';

/** JSON of `HeapFindings`. @param found - all promises in the heap of this thread */
export function awaited(found: readonly unknown[], limits: HeapScanLimits): string {
  const findings = listAwaited(found, limits);
  applyThreadMaps(findings.groups.flatMap(({ awaitStack }) => awaitStack));
  return JSON.stringify(findings);
}
