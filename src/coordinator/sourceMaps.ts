/**
 * Where a line of generated code comes from: by the map a file carries inside, or names as its `sourceMappingURL`.
 * The decoder is Node's own (`module.SourceMap`).
 */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Original {
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

const INLINE = /^data:application\/json[^,]*;base64,/;
const REFERENCE = /\/\/[#@] ?sourceMappingURL=(\S+)\s*$/;
/** The reference stands in the last line; a file's tail is enough to find it. */
const TAIL = 1000;

/** The map of `file`, whose text is `text`; null where it has none, or one that cannot be read. */
export function readFileMap(file: string, text: string): FileMap | null {
  const reference = REFERENCE.exec(
    text.trimEnd().slice(text.includes('base64,') ? text.lastIndexOf('\n', text.trimEnd().length - 1) : -TAIL),
  )?.[1];
  if (reference === undefined) return null;
  try {
    const payload = JSON.parse(readReference(file, reference)) as SourceMapPayload;
    return new MapOfFile(file, payload);
  } catch {
    return null;
  }
}

function readReference(file: string, reference: string): string {
  if (INLINE.test(reference))
    return Buffer.from(reference.slice(reference.indexOf(',') + 1), 'base64').toString('utf8');
  return readFileSync(resolve(dirname(file), decodeURIComponent(reference)), 'utf8');
}

class MapOfFile implements FileMap {
  readonly #file: string;
  readonly #payload: SourceMapPayload;
  readonly #map: SourceMap;

  constructor(file: string, payload: SourceMapPayload) {
    this.#file = file;
    this.#payload = payload;
    this.#map = new SourceMap(payload);
  }

  originalOf(line: number, column: number): Original | null {
    const entry = this.#map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry)) return null;
    const index = this.#payload.sources.indexOf(entry.originalSource);
    return {
      file: this.#resolve(entry.originalSource),
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      content: this.#payload.sourcesContent?.[index] ?? null,
    };
  }

  #resolve(source: string): string {
    if (source.startsWith('file://')) return fileURLToPath(source);
    return resolve(dirname(this.#file), this.#payload.sourceRoot ?? '', source);
  }
}
