/**
 * A preview of what a task was given: data properties alone, since the value belongs to the application and may be looked
 * at inside an interrupt. No getter, `toJSON`, `toString`, iterator or proxy of its is asked.
 */
import { types } from 'node:util';
import { redactJson } from '../report/redact.js';
import type { Json } from '../report/types.js';

const DEPTH_MAX = 4;
const ENTRIES_MAX = 20;
/** Of all objects together. */
const VALUES_MAX = 200;
/** Texts are redacted before they are cut: half a secret would be recognised by nobody. */
const BEYOND_CUT = 1000;

/** At most `bytes` bytes of JSON, redacted; null where it cannot be read. Never throws. */
export function previewOf(payload: unknown, bytes: number): string | null {
  try {
    const copy = copyOf(payload, 0, { left: VALUES_MAX, text: bytes + BEYOND_CUT });
    return cutToBytes(JSON.stringify(redactJson(copy)), bytes);
  } catch {
    return null;
  }
}

interface Walk {
  left: number;
  text: number;
}

function copyOf(value: unknown, depth: number, walk: Walk): Json {
  walk.left--;
  if (typeof value === 'string') return value.slice(0, walk.text);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return `(${typeof value})`;
  return copyOfObject(value, depth, walk);
}

function copyOfObject(value: object, depth: number, walk: Walk): Json {
  const opaque = opaqueName(value);
  if (opaque !== null) return `(${opaque})`;
  const isList = Array.isArray(value);
  if (depth >= DEPTH_MAX || walk.left <= 0) return isList ? '(list)' : '(object)';
  return isList ? copyOfList(value, depth, walk) : copyOfFields(value, depth, walk);
}

/** What is not copied property by property. */
function opaqueName(value: object): string | null {
  if (types.isProxy(value)) return 'proxy';
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return 'binary data';
  if (types.isDate(value)) return 'date';
  if (types.isMap(value)) return 'map';
  return types.isSet(value) ? 'set' : null;
}

function copyOfList(list: readonly unknown[], depth: number, walk: Walk): Json[] {
  const shown = Math.min(list.length, ENTRIES_MAX);
  const items = Array.from({ length: shown }, (_, index) => valueAt(list, String(index), depth, walk));
  return list.length > shown ? [...items, `(${list.length - shown} more)`] : items;
}

/** Its own properties: what is inherited is not sent to a worker either. */
function copyOfFields(value: object, depth: number, walk: Walk): Json {
  const keys = Object.keys(value);
  const entries = keys
    .slice(0, ENTRIES_MAX)
    .map((key): [string, Json] => [key.slice(0, walk.text), valueAt(value, key, depth, walk)]);
  if (keys.length > entries.length) entries.push(['…', `(${keys.length - entries.length} more)`]);
  return Object.fromEntries(entries);
}

function valueAt(value: object, key: string, depth: number, walk: Walk): Json {
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property === undefined) return '(nothing)';
  return 'value' in property ? copyOf(property.value, depth + 1, walk) : '(getter)';
}

/** No character is cut in two. */
function cutToBytes(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  return whole
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
