/** Signals that end a process unless somebody listens. When they trigger a report, the process must end all the same. */
import type { Trigger } from '../report/types.js';

const STOP_SIGNALS: readonly string[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'];

/** A process that still lives this long after a stop signal, in ms, says what keeps it. */
export const STILL_ALIVE_MS = 5000;

const STILL_ALIVE = `still alive ${STILL_ALIVE_MS / 1000} s later`;

export function isStopSignal(signal: string): boolean {
  return STOP_SIGNALS.includes(signal);
}

export function triggerOf(signal: string): Trigger {
  return { kind: isStopSignal(signal) ? 'stop' : 'signal', detail: signal };
}

/** The trigger of the second report, for a process that did not end. */
export function stillAliveAfter(signal: string): Trigger {
  return { kind: 'stop', detail: `${signal}, ${STILL_ALIVE}` };
}

export function isStillAlive(trigger: Trigger): boolean {
  return trigger.kind === 'stop' && trigger.detail.endsWith(STILL_ALIVE);
}
