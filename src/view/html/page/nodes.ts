/** A page's elements as nodes of the document. Texts become text nodes: nothing in them is ever parsed. */
import { shownText, type PageElement } from '../element.js';

export function nodeOf({ tag, attributes, children }: PageElement): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, shownText(String(value)));
  for (const child of children) node.append(typeof child === 'string' ? shownText(child) : nodeOf(child));
  return node;
}

/** The element with this id; null where the page has no such part. */
export function part<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind | null {
  const found = document.querySelector(`#${id}`);
  return found instanceof kind ? found : null;
}
