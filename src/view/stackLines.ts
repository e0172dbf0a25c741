/** A stack in lines, most recent call first. */
import type { Frame } from '../report/types.js';
import { culprit, foldStack, formatFold, formatFrame } from '../report/frames.js';
import { cut } from './escape.js';

const SOURCE_MOST = 120;

/** One or two lines a frame: where it is, and its line of source; folded runs as one line with their count. */
export function stackLines(stack: readonly Frame[], root: string | null, full: boolean): string[] {
  if (full) return stack.flatMap((frame) => frameLines(frame, root, full));
  return foldStack(stack, root).flatMap((item) =>
    item.kind === 'folded' ? [formatFold(item)] : frameLines(item.frame, root, full),
  );
}

/** The frame in one line; one whose place may not be the source's says so. */
export function frameLine(frame: Frame, root: string | null, full = false): string {
  return `${formatFrame(frame, root, full)}${frame.sure || frame.file === null ? '' : '  (place not sure)'}`;
}

/** `postInvoice  src/routes/invoice.ts:40`: who submitted a task; null where no stack was taken. */
export function submitterOf(stack: readonly Frame[], root: string | null): string | null {
  const frame = culprit(stack, root);
  return frame === null ? null : formatFrame(frame, root).replace(/^async /, '');
}

/** The frame's line of source, cut to a readable length; null where it is not known or not sure. */
export function sourceOf(frame: Frame): string | null {
  if (!frame.sure || frame.source === null || frame.source.trim() === '') return null;
  return cut(frame.source.trim().replaceAll('\t', ' '), SOURCE_MOST);
}

function frameLines(frame: Frame, root: string | null, full: boolean): string[] {
  const source = sourceOf(frame);
  const line = frameLine(frame, root, full);
  return source === null ? [line] : [line, `    \`${source}\``];
}
