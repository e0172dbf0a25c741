/** A stack on the page: most recent call first, frames of `node:` and of packages folded, with a button that copies it. */
import { foldStack, formatFold, formatFunction, formatPlace, type FoldedItem } from '../../report/frames.js';
import type { Frame } from '../../report/types.js';
import { cut } from '../escape.js';
import { sourceOf } from '../stackLines.js';
import { element, TEXT_MOST, type Child, type PageElement } from './element.js';

/** A stack overflow has ten thousand frames; the JSON in the file has them all. */
const FRAMES_MOST = 200;

/** The stack under its title; null for an empty one. */
export function stackBlock(title: string, stack: readonly Frame[], root: string | null): PageElement | null {
  if (stack.length === 0) return null;
  const shown = stack.slice(0, FRAMES_MOST);
  const hidden = stack.length - shown.length;
  return element(
    'div',
    { class: 'stack' },
    element(
      'div',
      { class: 'stack-head' },
      element('span', { class: 'stack-title' }, title),
      element('button', { type: 'button', class: 'copy', hidden: '', 'data-copy': 'stack' }, 'Copy stack'),
    ),
    element('ol', { class: 'frames' }, ...frameItems(shown, root)),
    hidden > 0 ? element('p', { class: 'quiet' }, `(${hidden} more frames)`) : null,
  );
}

/** A function and its place in one line. */
export function frameInline(frame: Frame, root: string | null): PageElement {
  const place = formatPlace(frame, root);
  return element(
    'span',
    { class: 'frame-line' },
    element('span', { class: 'function' }, formatFunction(frame)),
    place === '' ? null : ' ',
    place === '' ? null : element('span', { class: 'place' }, ...breakable(place)),
    frame.sure || frame.file === null ? null : element('span', { class: 'quiet' }, ' (place not sure)'),
  );
}

/** A path that may be broken behind each of its folders; what is copied of it stays the path. */
function breakable(place: string): Child[] {
  const parts = cut(place, TEXT_MOST).split(/(?<=[/\\])(?=[^/\\])/);
  return parts.flatMap((part, index) => (index === 0 ? [part] : [element('wbr', {}), part]));
}

/** The frame's line of source with its number; null where it is not known or not sure. */
export function sourceLine(frame: Frame): PageElement | null {
  const source = sourceOf(frame);
  return source === null ? null : element('code', { class: 'source' }, source);
}

function frameItems(stack: readonly Frame[], root: string | null): PageElement[] {
  let at = 0;
  return foldStack(stack, root).map((item) => {
    const size = item.kind === 'folded' ? item.count : 1;
    const frames = stack.slice(at, at + size);
    at += size;
    return item.kind === 'frame' ? frameItem(item.frame, root) : foldedItem(item, frames, root);
  });
}

function frameItem(frame: Frame, root: string | null): PageElement {
  return element('li', { class: 'frame' }, frameInline(frame, root), sourceLine(frame));
}

function foldedItem(
  fold: Extract<FoldedItem<Frame>, { kind: 'folded' }>,
  frames: readonly Frame[],
  root: string | null,
): PageElement {
  const words = formatFold(fold)
    .replace(/^\(|\)$/g, '')
    .replace(' hidden', '');
  return element(
    'li',
    { class: 'fold' },
    element(
      'details',
      {},
      element('summary', {}, words),
      element('ol', { class: 'frames' }, ...frames.map((frame) => frameItem(frame, root))),
    ),
  );
}
