/** How a report is asked for where the platform has no such signal (Windows knows no SIGUSR2): by touching a file. */
import { join } from 'node:path';
import { nodeOs } from '../nodeOs.js';

type Signals = Record<string, number>;

/** Those that programs ask for reports with, and that POSIX has everywhere: for these Node need not be asked. */
const OF_POSIX: readonly string[] = ['SIGUSR2', 'SIGUSR1', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];

/** Those of `signals` that this platform does not have. @param available - what it has, as `os.constants.signals` tells */
export function lackingSignals(signals: readonly string[], available?: Signals): string[] {
  const known = available === undefined && process.platform !== 'win32' ? OF_POSIX : [];
  return signals.filter(
    (signal) => !known.includes(signal) && !Object.hasOwn(available ?? nodeOs().constants.signals, signal),
  );
}

/**
 * The file that stands for the signals this platform lacks, in the user's folder for temporary files; null when it has
 * all of them. Nobody makes the file but who asks: making it, or touching it, is the request.
 */
export function requestFile(signals: readonly string[], available?: Signals, pid = process.pid): string | null {
  return lackingSignals(signals, available).length === 0
    ? null
    : join(nodeOs().tmpdir(), `guru-meditation-${pid}.request`);
}
