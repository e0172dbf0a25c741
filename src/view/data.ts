/** Free data in lines: `key = value`, nested by indentation, bounded in depth and length. */
import type { Json } from '../report/types.js';
import { counted } from './amounts.js';

const LINES_MOST = 400;
const INLINE_MOST = 60;

/** Beyond this nobody reads, and a hostile report could overflow the stack. */
const DEPTH_MOST = 12;

/** Lines for any data; what is beyond the bounds is counted. With `full` only the depth is bounded. */
export function dataLines(data: Json, full: boolean): string[] {
  const lines = linesOf(data, 0);
  if (full || lines.length <= LINES_MOST) return lines;
  return [...lines.slice(0, LINES_MOST), `(${counted(lines.length - LINES_MOST, 'more line')} hidden)`];
}

function linesOf(data: Json, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (typeof data === 'string') return data.split(/\r?\n/).map((line) => indent + line);
  if (isScalar(data)) return [indent + String(data)];
  if (depth >= DEPTH_MOST) return [`${indent}(${counted(sizeOf(data), 'deeper entry', 'deeper entries')} hidden)`];
  if (Array.isArray(data)) return data.flatMap((item) => itemLines(item, indent, depth));
  return Object.entries(data).flatMap(([key, value]) => entryLines(key, value, indent, depth));
}

function entryLines(key: string, value: Json, indent: string, depth: number): string[] {
  const inline = inlineOf(value);
  if (inline !== null) return [`${indent}${key} = ${inline}`];
  return [`${indent}${key}:`, ...linesOf(value, depth + 1)];
}

function itemLines(item: Json, indent: string, depth: number): string[] {
  const inline = inlineOf(item);
  if (inline !== null) return [`${indent}- ${inline}`];
  return [`${indent}-`, ...linesOf(item, depth + 1)];
}

/** What fits behind its key; null for what needs lines of its own. An empty text is shown as one. */
function inlineOf(value: Json): string | null {
  if (value === '') return "''";
  if (typeof value === 'string') return value.includes('\n') ? null : value;
  if (isScalar(value)) return String(value);
  if (sizeOf(value) === 0) return Array.isArray(value) ? '[]' : '{}';
  if (!Array.isArray(value) || value.length > INLINE_MOST || !value.every(isScalar)) return null;
  const text = `[${value.map((item) => (item === '' ? "''" : String(item))).join(', ')}]`;
  return text.length > INLINE_MOST || text.includes('\n') ? null : text;
}

function isScalar(value: Json): value is null | boolean | number | string {
  return value === null || typeof value !== 'object';
}

function sizeOf(value: Json[] | { [key: string]: Json }): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}
