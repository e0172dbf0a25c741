/**
 * A page as data: the same description becomes HTML text when a report is rendered, and nodes when a browser draws more of
 * it. Texts of a report can only be text here: tags and attributes are those of these lists, none of which runs anything.
 */
import { cut, escape } from '../escape.js';

export type Tag =
  | 'article'
  | 'button'
  | 'code'
  | 'dd'
  | 'details'
  | 'div'
  | 'dl'
  | 'dt'
  | 'footer'
  | 'form'
  | 'h1'
  | 'h2'
  | 'h3'
  | 'header'
  | 'input'
  | 'label'
  | 'li'
  | 'main'
  | 'ol'
  | 'option'
  | 'output'
  | 'p'
  | 'pre'
  | 'rect'
  | 'section'
  | 'select'
  | 'span'
  | 'strong'
  | 'summary'
  | 'svg'
  | 'time'
  | 'ul'
  | 'wbr';

export type AttributeName =
  | 'autocomplete'
  | 'class'
  | 'datetime'
  | 'for'
  | 'height'
  | 'hidden'
  | 'id'
  | 'open'
  | 'placeholder'
  | 'role'
  | 'spellcheck'
  | 'tabindex'
  | 'type'
  | 'value'
  | 'width'
  | `aria-${string}`
  | `data-${string}`;

export type Attributes = Partial<Record<AttributeName, string | number>>;

export interface PageElement {
  tag: Tag;
  attributes: Attributes;
  children: readonly (PageElement | string)[];
}

export type Child = PageElement | string | null;

/** No text of an application needs more room than this; the rest is counted. The JSON in the file has all of it. */
export const TEXT_MOST = 2000;

/** An element; children that are null are left out. */
export function element(tag: Tag, attributes: Attributes, ...children: readonly Child[]): PageElement {
  return { tag, attributes, children: children.filter((child) => child !== null) };
}

/** The text as any page shows it: bounded, and without characters that reverse the reading direction or cannot be seen. */
export function shownText(text: string): string {
  return escape(cut(text, TEXT_MOST));
}
