/** Signals that end a process unless somebody listens. When they trigger a report, the process must end all the same. */
import type { Trigger } from '../report/types.js';

const STOP_SIGNALS: readonly string[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

export function isStopSignal(signal: string): boolean {
  return STOP_SIGNALS.includes(signal);
}

export function triggerOf(signal: string): Trigger {
  return { kind: isStopSignal(signal) ? 'stop' : 'signal', detail: signal };
}
