/**
 * Where a line of generated code comes from: by the map a file carries inside, or names as its `sourceMappingURL`.
 * The decoder is Node's own (`module.SourceMap`). What the reference names is read only if it is a plain file, and used
 * only if it is a source map.
 */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRegularFile } from './regularFile.js';

export interface Original {
  /** A path, or a URL of another kind as the map has it (`webpack://...`). */
  file: string;
  line: number;
  column: number;
  /** The source as the map holds it; null where it names the file only. */
  content: string | null;
}

export interface FileMap {
  /** Null where the map has no entry for the place. Lines and columns count from 1, as in frames. */
  originalOf(line: number, column: number): Original | null;
}

/** What is larger is no map, or would make the report late. In bytes. */
const MAP_FILE_MAX = 20_000_000;
/**
 * Mappings decoded for one report, in characters: Node's decoder takes 0.1 us and 23 bytes of heap for each (measured on
 * 20, 24 and 26), so this is about half a second and 100 MB.
 */
const MAPPINGS_MAX = 4_000_000;

const REFERENCE = /^[#@]\s*sourceMappingURL=(\S+)[^\S\n]*$/;
const INLINE = /^data:application\/json[^,]*,/;
const URL_SCHEME = /^[A-Za-z][\w+.-]+:/;

/** One map, checked: its sources are absolute. */
interface CheckedMap {
  version: 3;
  sources: string[];
  names: string[];
  mappings: string;
}
interface Section {
  offset: { line: number; column: number };
  map: CheckedMap;
}

/** The maps of one report. */
export class SourceMaps {
  #mappingsLeft = MAPPINGS_MAX;

  /** The map of `file`, whose text is `text`; null where it has none, or one that cannot be used. */
  read(file: string, text: string): FileMap | null {
    const reference = findReference(text);
    if (reference === null) return null;
    try {
      const found = readReference(file, reference);
      return found === null ? null : this.#decode(JSON.parse(found.text), found.folder);
    } catch {
      return null;
    }
  }

  #decode(value: unknown, folder: string): FileMap | null {
    const contents = new Map<string, string>();
    const sections = checkSections(value, folder, contents);
    const length = sections.reduce((sum, { map }) => sum + map.mappings.length, 0);
    if (sections.length === 0 || length > this.#mappingsLeft) return null;
    this.#mappingsLeft -= length;
    return new MapOfFile(new SourceMap({ version: 3, sections } as unknown as SourceMapPayload), contents);
  }
}

class MapOfFile implements FileMap {
  readonly #map: SourceMap;
  readonly #contents: ReadonlyMap<string, string>;

  constructor(map: SourceMap, contents: ReadonlyMap<string, string>) {
    this.#map = map;
    this.#contents = contents;
  }

  originalOf(line: number, column: number): Original | null {
    const entry: Partial<ReturnType<SourceMap['findEntry']>> = this.#map.findEntry(line - 1, column - 1);
    // The decoder gives the nearest entry before the place, also where that is in another line.
    if (!('generatedLine' in entry) || entry.generatedLine !== line - 1) return null;
    const { originalSource, originalLine, originalColumn } = entry as Record<string, unknown>;
    if (typeof originalSource !== 'string' || originalSource === '') return null;
    if (!isCount(originalLine) || !isCount(originalColumn)) return null;
    return {
      file: originalSource,
      line: originalLine + 1,
      column: originalColumn + 1,
      content: this.#contents.get(originalSource) ?? null,
    };
  }
}

/** The last reference, if nothing but comments comes after it: in the middle of a file it is a text among others. */
function findReference(text: string): string | null {
  const start = Math.max(text.lastIndexOf('//# sourceMappingURL='), text.lastIndexOf('//@ sourceMappingURL='));
  if (start === -1) return null;
  const [line = '', ...rest] = text.slice(start + 2).split('\n', 20);
  const isLast = rest.length < 19 && rest.every((other) => /^\s*(?:\/\/.*)?$/.test(other));
  return isLast ? (REFERENCE.exec(line.trimEnd())?.[1] ?? null) : null;
}

/** The map's text, and the folder its sources are relative to. */
function readReference(file: string, reference: string): { text: string; folder: string } | null {
  const inline = INLINE.exec(reference)?.[0];
  if (inline !== undefined) {
    const body = reference.slice(inline.length);
    const text = inline.endsWith(';base64,') ? Buffer.from(body, 'base64').toString('utf8') : decodeURIComponent(body);
    return { text, folder: dirname(file) };
  }
  // A name with two slashes in front is a host's, on Windows: reading it would call that host.
  if (/^[\\/]{2}/.test(reference) || (URL_SCHEME.test(reference) && !reference.startsWith('file:///'))) return null;
  const path = reference.startsWith('file:///')
    ? fileURLToPath(reference)
    : resolve(dirname(file), decodeURIComponent(reference.replace(/[?#].*$/, '')));
  const text = readRegularFile(path, MAP_FILE_MAX)?.text;
  return text === undefined ? null : { text, folder: dirname(path) };
}

/** The map as a list of sections, empty where it is none: a plain map is one section, an indexed one has several. */
function checkSections(value: unknown, folder: string, contents: Map<string, string>): Section[] {
  const { sections } = asObject(value);
  if (!Array.isArray(sections)) {
    const map = checkMap(value, folder, contents);
    return map === null ? [] : [{ offset: { line: 0, column: 0 }, map }];
  }
  return sections.flatMap((section: unknown) => {
    const { offset, map: inner } = asObject(section);
    const { line, column } = asObject(offset);
    const map = checkMap(inner, folder, contents);
    return map !== null && isCount(line) && isCount(column) ? [{ offset: { line, column }, map }] : [];
  });
}

function checkMap(value: unknown, folder: string, contents: Map<string, string>): CheckedMap | null {
  const { version, sources, sourcesContent, sourceRoot, mappings } = asObject(value);
  if (version !== 3 || typeof mappings !== 'string' || !Array.isArray(sources)) return null;
  const root = typeof sourceRoot === 'string' ? sourceRoot : '';
  const absolute = sources.map((source: unknown) =>
    typeof source === 'string' ? toAbsolute(source, root, folder) : '',
  );
  if (Array.isArray(sourcesContent)) {
    for (const [index, content] of sourcesContent.entries())
      if (typeof content === 'string') contents.set(absolute[index] ?? '', content);
  }
  return { version, sources: absolute, names: [], mappings };
}

function toAbsolute(source: string, root: string, folder: string): string {
  const full =
    root === '' || URL_SCHEME.test(source) || source.startsWith('/') ? source : `${root.replace(/\/$/, '')}/${source}`;
  if (source === '') return '';
  if (full.startsWith('file:')) return pathOf(full);
  return URL_SCHEME.test(full) ? full : resolve(folder, full);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return '';
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
