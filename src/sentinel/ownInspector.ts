/** The inspector of the process that the sentinel belongs to. */
import { FRAGILE_WAITS_FLAG, HeapScanner } from './heapScan.js';
import { InspectorLane } from './inspectorLane.js';
import { InspectorSession } from './inspectorSession.js';
import type { Inspector } from './reach.js';

const FORBIDDEN = 'the permission model or this build of Node.js forbids the inspector';

/** Why there is none where it is not `allowed`, or where Node was built without: the other lanes must not go with it. */
export async function loadInspector(allowed: boolean): Promise<Inspector | string> {
  if (!allowed) return FORBIDDEN;
  try {
    const { mainThreadWire } = await import('./mainThreadWire.js');
    const pace = { slowness: 1, waitsAreFragile: process.allowedNodeEnvironmentFlags.has(FRAGILE_WAITS_FLAG) };
    return {
      lane: (request, skip) => new InspectorLane(request, skip, new InspectorSession(mainThreadWire())),
      scanner: (request) => new HeapScanner(request, pace, new InspectorSession(mainThreadWire())),
    };
  } catch {
    return FORBIDDEN;
  }
}
