/** Times in the sentences of a report. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in ms, as coarse as one says it aloud: `1.8 ms`, `640 ms`, `4.1 s`, `41 s`, `12m 05s`, `3h 12m`, `3d 04h`. */
export function spokenTime(ms: number): string {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < 10) return `${String(Math.round(ms * 10) / 10)} ms`;
  if (ms < SECOND) return `${Math.floor(ms)} ms`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toString()} s`;
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < 2 * HOUR) return inTwo(ms, MINUTE, 'm', SECOND, 's');
  return ms < 2 * DAY ? inTwo(ms, HOUR, 'h', MINUTE, 'm') : inTwo(ms, DAY, 'd', HOUR, 'h');
}

function inTwo(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  return `${Math.floor(ms / large)}${largeName} ${String(Math.floor((ms % large) / small)).padStart(2, '0')}${smallName}`;
}
