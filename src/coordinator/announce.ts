/** Hands a report to those in the process who want it: the option `onReport`, and subscribers of the diagnostics channel. */
import { channel, hasSubscribers } from 'node:diagnostics_channel';
import { messageOf } from '../errors.js';
import type { Boundaries } from '../sections/boundary.js';
import type { Options } from '../options.js';
import type { Report } from '../report/types.js';
import { sayOnce } from './notice.js';

/** The message on it is the `Report`. */
export const REPORT_CHANNEL = 'guru-meditation:report';

/** Whether anybody wants reports. Asked each time: subscribers come and go. */
export function isAnnounced(onReport: Options['onReport']): boolean {
  return onReport !== null || hasSubscribers(REPORT_CHANNEL);
}

/** Never throws: what a listener throws, or rejects with, is a line. Only ever called on main. */
export function announce(report: Report, onReport: Options['onReport'], boundaries: Boundaries): void {
  if (onReport !== null) call(onReport, report);
  publish(report, boundaries);
}

/** To the subscribers alone: for a report that was handed to its caller. */
export function publish(report: Report, boundaries: Boundaries): void {
  if (!hasSubscribers(REPORT_CHANNEL)) return;
  // The channel throws what a subscriber threw again in the next tick, where it would end the process.
  const boundary = boundaries.open(
    (error) => sayOnce('GMR_OUTPUT', `a subscriber of ${REPORT_CHANNEL} failed: ${messageOf(error)}`),
    (line) => sayOnce('GMR_OUTPUT', line),
  );
  try {
    boundary.run(() => channel(REPORT_CHANNEL).publish(report));
  } finally {
    boundary.close();
  }
}

function call(onReport: NonNullable<Options['onReport']>, report: Report): void {
  try {
    const result: unknown = onReport(report);
    // An async function is welcome, and its rejection must not be the end of the process.
    if (result instanceof Promise) result.catch(sayFailed);
  } catch (error) {
    sayFailed(error);
  }
}

function sayFailed(error: unknown): void {
  sayOnce('GMR_OUTPUT', `onReport failed: ${messageOf(error)}`);
}
