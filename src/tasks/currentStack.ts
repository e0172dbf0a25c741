/** The stack of the running code, as frames. Part of the probe too, which is evaluated where `require` does not exist. */
import type { RawFrame } from '../protocol.js';
import { decodeFrames } from './frameText.js';
import { captureText, FRAMES_MAX, isOwnFile, SCRIPT_NAME } from './realm.js';

/**
 * The current synchronous stack, innermost frame first, without this package's own frames and without the code the
 * inspector evaluated to get here; the awaiters of the running job follow as async frames.
 * @param skipInternalOf - frames up to and including this function are left out
 * @param limit - the number of frames at most
 */
export function captureStack(skipInternalOf?: Function, limit: number = FRAMES_MAX): RawFrame[] {
  const text = captureText(skipInternalOf, limit);
  return decodeFrames(withoutOwnFrames(text)).slice(0, limit);
}

/** Drops own frames, and what the inspector evaluated on top of the interrupted stack: no script, but a line. */
function withoutOwnFrames(text: string): string {
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    const [, script = '', row = '', , flags = ''] = line.split('\t');
    const isEvaluated = script === '' && row !== '' && !flags.includes('e');
    if (script === SCRIPT_NAME || isOwnFile(script)) continue;
    if (isEvaluated && kept.length === 0) continue;
    kept.push(line);
  }
  return kept.join('\n');
}
