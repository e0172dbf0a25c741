/** A page's elements as HTML text. */
import { shownText, type PageElement } from './element.js';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Elements that have no end tag. */
const VOID: readonly string[] = ['input', 'wbr'];

/** The element with everything in it; every text and every attribute's value is escaped here. */
export function markup({ tag, attributes, children }: PageElement): string {
  const start = [tag, ...Object.entries(attributes).map(([name, value]) => `${name}="${escapeHtml(String(value))}"`)];
  if (VOID.includes(tag)) return `<${start.join(' ')}>`;
  const inside = children.map((child) => (typeof child === 'string' ? escapeHtml(child) : markup(child))).join('');
  return `<${start.join(' ')}>${inside}</${tag}>`;
}

/** Text for an element or an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return shownText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * JSON for a `<script type="application/json">`: `<` is written as JSON's own escape, so that neither an end tag nor a
 * comment can begin in it; it parses to what it parsed to before.
 */
export function escapeScriptJson(json: string): string {
  return json.replaceAll('<', String.raw`\u003c`);
}
