/** Whether the loops of a process turn, by the heartbeats of its threads: what a health check is told. */
import { spokenTime } from '../../report/durations.js';

/**
 * `turns`: its loop has turned within the last second. `parked`: its pool or library has put it to sleep, and wakes it
 * when there is work. `stuck`: neither. `unknown`: nobody could tell.
 */
export type LoopState = 'turns' | 'parked' | 'stuck' | 'unknown';

export interface LoopCheck {
  threadId: number;
  /** In ms; null where there is no heartbeat. */
  turnedAgoMs: number | null;
  state: LoopState;
  /** One sentence where something is not as it should be. */
  text: string | null;
}

export interface CheckAnswer {
  format: 'guru-meditation.check';
  formatVersion: 1;
  /** Main first. */
  threads: LoopCheck[];
}

/** Of a thread: when its loop last turned, on the same clock as `nowMs`. */
interface Turned {
  threadId: number;
  turnedAtMs: number;
}

/** Heartbeats are this late where a machine is busy, and nothing is stuck, in ms. */
const SLACK_MS = 1000;

/**
 * What heartbeats alone tell. Main belongs to no pool: when its loop stands still it is stuck. A worker whose loop stands
 * still may be parked.
 * @param heartbeatMs - how often a loop marks that it turned; null for never
 */
export function checkByHeartbeats(threads: readonly Turned[], nowMs: number, heartbeatMs: number | null): CheckAnswer {
  const checks = [...threads]
    .sort((one, other) => one.threadId - other.threadId)
    .map(({ threadId, turnedAtMs }) => checkOf(threadId, nowMs - turnedAtMs, heartbeatMs));
  return { format: 'guru-meditation.check', formatVersion: 1, threads: checks };
}

function checkOf(threadId: number, agoMs: number, heartbeatMs: number | null): LoopCheck {
  if (heartbeatMs === null)
    return { threadId, turnedAgoMs: null, state: 'unknown', text: 'heartbeats are turned off (GMR_HEARTBEAT_MS)' };
  const turnedAgoMs = Math.max(0, Math.round(agoMs));
  if (agoMs < heartbeatMs * 2 + SLACK_MS) return { threadId, turnedAgoMs, state: 'turns', text: null };
  return threadId === 0
    ? { threadId, turnedAgoMs, state: 'stuck', text: `main has not turned its loop for ${spokenTime(agoMs)}` }
    : {
        threadId,
        turnedAgoMs,
        state: 'unknown',
        text: `worker ${threadId} has not turned its loop for ${spokenTime(agoMs)}`,
      };
}
