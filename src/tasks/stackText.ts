/** What is asked of the text of a stack (`frameText.ts`) without making frames of it. */
import { frameFields, type FrameFields } from './frameText.js';

/** Whether a line is `Promise.all` or its like. */
export function isCombinator(line: string): boolean {
  return /\t#\d+$/.test(line);
}

/** The innermost function that awaits; it may do so through `Promise.all`. */
export function awaiterOf(stack: string): FrameFields {
  return frameFields(stack.split('\n').find((line) => !isCombinator(line)) ?? '');
}

/** Of functions without a name there may be many in a file. */
export function isSameFunction(one: FrameFields, other: FrameFields): boolean {
  return one.name === other.name && one.file === other.file;
}

/** Whether what awaits, or called, is of an HTTP client that Node has built in, or of its package. */
export function isInsideClient(stack: string): boolean {
  return isClient(stack.split('\t', 2)[1] ?? '');
}

export function isClient(file: string): boolean {
  return /^node:internal\/deps\/|[\\/]undici[\\/]lib[\\/]/.test(file);
}
