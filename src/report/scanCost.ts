/**
 * What a search of a thread's heap costs, and whether it may be done. V8 collects garbage several times over to list the
 * objects of a heap, and nothing can end that once it is begun, so its length is estimated beforehand.
 */

/** Longest pause of a thread that does its work, in ms, unless the user says `always` (DESIGN 5.3). */
const PAUSE_MAX_MS = 250;
/**
 * Measured with `lab/census-cost.cjs` on two cores, Node 20 to 26, heaps of small objects, which are the slowest: 60 to
 * 100 ms at 4 MB, 230 to 380 at 10, 440 to 490 at 24, 880 to 1160 at 48, 2.0 to 2.6 s at 98.
 */
const BASE_MS = 25;
const MS_PER_MB = 25;
/** How much slower than estimated a search may go and still end in time; while it pauses the leader, everything waits. */
const MARGIN = 1.2;
const LEADER_MARGIN = 2;
/** However slow a search once was, the next may be tried with a heap that is so much smaller. */
const SLOWNESS_MAX = 8;

export interface ScanQuestion {
  option: 'auto' | 'always' | 'never';
  /** Bytes; null when not known. */
  heapUsed: number | null;
  /** Its loop does not turn, so that a pause keeps it from nothing. */
  isHung: boolean;
  /** It leads the report: its pause is one of the whole report. */
  isLeader: boolean;
  /** Until the report must be put together, ms. */
  remainingMs: number;
  /** How much slower than estimated a search was before, in this process; 1 for not at all. */
  slowness: number;
}

/** The pause in ms that a search of a heap of this size causes, on the machine that was measured. */
export function estimatePauseMs(heapUsed: number): number {
  return BASE_MS + (MS_PER_MB * heapUsed) / 1e6;
}

/** Why the search is not to be done, for a person; null when it may be. */
export function whyNotScanned({
  option,
  heapUsed,
  isHung,
  isLeader,
  remainingMs,
  slowness,
}: ScanQuestion): string | null {
  if (option === 'never') return 'heapScan is never';
  if (heapUsed === null) return 'skipped: the size of its heap is not known';
  const pauseMs = estimatePauseMs(heapUsed) * slowness;
  const would = `skipped: a heap of ${Math.ceil(heapUsed / 1e6)} MB would pause it for about ${spoken(pauseMs)}`;
  if (pauseMs * (isLeader ? LEADER_MARGIN : MARGIN) > remainingMs)
    return `${would}, too long for the time that was left`;
  if (option === 'auto' && !isHung && pauseMs > PAUSE_MAX_MS)
    return `${would}; above ${PAUSE_MAX_MS} ms only heapScan: always does that`;
  return null;
}

/** The slowness to reckon with after a search took `tookMs`: at once when slower, by half the way when faster. */
export function slownessAfter(slowness: number, heapUsed: number, tookMs: number): number {
  const measured = Math.min(SLOWNESS_MAX, Math.max(1, tookMs / estimatePauseMs(heapUsed)));
  return Math.max(measured, (slowness + measured) / 2);
}

function spoken(ms: number): string {
  return ms < 1000 ? `${Math.round(ms / 10) * 10} ms` : `${(ms / 1000).toFixed(1)} s`;
}
