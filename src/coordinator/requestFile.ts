/** How a report is asked for where the platform has no such signal (Windows knows no SIGUSR2): by touching a file. */
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

type Signals = Record<string, number>;

/** Those of `signals` that this platform does not have. */
export function lackingSignals(signals: readonly string[], available: Signals = constants.signals): string[] {
  return signals.filter((signal) => !Object.hasOwn(available, signal));
}

/**
 * The file that stands for the signals this platform lacks, in the user's folder for temporary files; null when it has
 * all of them. Nobody makes the file but who asks: making it, or touching it, is the request.
 */
export function requestFile(
  signals: readonly string[],
  available: Signals = constants.signals,
  pid = process.pid,
): string | null {
  return lackingSignals(signals, available).length === 0 ? null : join(tmpdir(), `guru-meditation-${pid}.request`);
}
