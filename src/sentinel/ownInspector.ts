/** The inspector of the process that the sentinel belongs to. */
import type { Inspector } from './reach.js';

const FORBIDDEN = 'the permission model or this build of Node.js forbids the inspector';

/** Why there is none where it is not `allowed`, or where Node was built without: the other lanes must not go with it. */
export async function loadInspector(allowed: boolean): Promise<Inspector | string> {
  if (!allowed) return FORBIDDEN;
  try {
    const [{ InspectorLane }, { HeapScanner, FRAGILE_WAITS_FLAG }, { InspectorSession }, { mainThreadWire }] =
      await Promise.all([
        import('./inspectorLane.js'),
        import('./heapScan.js'),
        import('./inspectorSession.js'),
        import('./mainThreadWire.js'),
      ]);
    const pace = { slowness: 1, waitsAreFragile: process.allowedNodeEnvironmentFlags.has(FRAGILE_WAITS_FLAG) };
    return {
      lane: (request, skip) => new InspectorLane(request, skip, new InspectorSession(mainThreadWire())),
      scanner: (request) => new HeapScanner(request, pace, new InspectorSession(mainThreadWire())),
    };
  } catch {
    return FORBIDDEN;
  }
}
