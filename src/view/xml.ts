/** The report as XML, well-formed whatever its texts hold. */
import type { Report } from '../report/types.js';
import { unicodeEscape } from './escape.js';
import { selectedReport } from './selectedReport.js';
import type { ViewOptions } from './selection.js';

/** What an element of a list is called. */
const SINGULAR = new Map(
  Object.entries({
    verdicts: 'verdict',
    threads: 'thread',
    stack: 'frame',
    awaitStack: 'frame',
    createdAt: 'frame',
    submittedAt: 'frame',
    hot: 'sample',
    groups: 'group',
    pools: 'pool',
    running: 'task',
    queuedAt: 'place',
    notKnown: 'line',
    at: 'place',
    processes: 'process',
    children: 'process',
    sections: 'section',
    threadIds: 'threadId',
    ids: 'id',
    evidence: 'fact',
    next: 'step',
  }),
);

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/**
 * One element a key; lists have one element an item, in order; null is `nil="true"`. A key that is no XML name becomes
 * `<entry key="...">`. Characters that XML cannot hold are written as text, such as `\u0001`.
 */
export function renderXml(report: Report, options: ViewOptions = {}): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  addElement(lines, 'guru-meditation', '', selectedReport(report, options.sections), 0);
  return `${lines.join('\n')}\n`;
}

function addElement(lines: string[], name: string, attributes: string, value: unknown, depth: number): void {
  const indent = '  '.repeat(depth);
  if (value === null || value === undefined) lines.push(`${indent}<${name}${attributes} nil="true"/>`);
  else if (typeof value !== 'object')
    lines.push(`${indent}<${name}${attributes}>${escapeXml(String(value))}</${name}>`);
  else {
    const start = lines.push(`${indent}<${name}${attributes}>`);
    if (Array.isArray(value))
      for (const item of value) addElement(lines, SINGULAR.get(name) ?? 'item', '', item, depth + 1);
    else for (const [key, item] of Object.entries(value)) addEntry(lines, key, item, depth + 1);
    if (lines.length === start) lines[start - 1] = `${indent}<${name}${attributes}/>`;
    else lines.push(`${indent}</${name}>`);
  }
}

/** Names that begin with `xml` are XML's own; those with a colon would name a namespace. */
function addEntry(lines: string[], key: string, value: unknown, depth: number): void {
  const isName = /^(?!xml)[a-z_][\w.-]*$/i.test(key) && key !== 'entry';
  if (isName) addElement(lines, key, '', value, depth);
  else addElement(lines, 'entry', ` key="${escapeXml(key)}"`, value, depth);
}

/**
 * Text for an element or an attribute. What XML 1.0 forbids (most C0 controls, lone surrogates, U+FFFE and U+FFFF) is
 * written as text; what it allows but a terminal would obey is a character reference, and so reads back as it was.
 */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c\ufffe\uffff]|\p{Surrogate}/gu, reference);
}

function reference(character: string): string {
  const code = character.charCodeAt(0);
  const isForbidden =
    (code < 0x20 && !'\t\n\r'.includes(character)) || (code >= 0xd800 && code <= 0xdfff) || code >= 0xfffe;
  return isForbidden ? unicodeEscape(character) : `&#x${code.toString(16)};`;
}
