/** Completes a frame: its source map applied, its package, its line of source. Never done in a busy thread. */
import { packageOf, toPath } from '../report/frames.js';
import type { RawFrame } from '../protocol.js';
import type { Frame } from '../report/types.js';
import { readRegularFile } from './regularFile.js';
import { SourceMaps, type FileMap, type Original } from './sourceMaps.js';

/** A larger file is no source, and reading it would make the report late. In bytes. */
const FILE_MAX = 20_000_000;
/** A longer line says no more, and comes from minified code. */
const LINE_MAX = 160;
/**
 * Other files are not shown a line of: the names of files come from code (`//# sourceURL`, the `sources` of a map), which
 * could name any file of the machine.
 */
const SOURCE_NAME =
  /\.(?:[cm]?[jt]sx?|es6|vue|svelte|astro|mdx|coffee|litcoffee|civet|imba|elm|res|re|ml|kt|cljs|scala|rs|go)$/i;
const SCRIPT_START = /^#!.*\b(?:node|tsx|ts-node|bun|deno)\b/;
const TYPESCRIPT_NAME = /\.[cm]?tsx?$/i;

interface SourceFile {
  text: SourceText;
  /** Whether the file is as it was when the process started. */
  unchanged: boolean;
  map: FileMap | null;
}
type Place = Pick<Frame, 'file' | 'line' | 'column' | 'sure' | 'source'>;

/** The files of one report: each is read at most once. */
export class SourceLines {
  readonly #files = new Map<string, SourceFile | null>();
  readonly #contents = new Map<string, SourceText>();
  readonly #maps = new SourceMaps();
  readonly #startedAtMs: number;
  readonly #root: string | null;
  /** Places that a thread found in its own maps: for frames of the same place that come without. */
  readonly #mapped = new Map<string, RawFrame['mapped']>();
  /** TypeScript files that a thread knows to run as they are. */
  readonly #asWritten = new Set<string>();

  constructor(root: string | null, startedAtMs = Date.now() - process.uptime() * 1000) {
    this.#root = root;
    this.#startedAtMs = startedAtMs;
  }

  /** Never throws: what cannot be read is not shown. */
  complete(frame: RawFrame): Frame {
    const { mapped, ...bare } = frame;
    const place = this.#place(bare, mapped);
    return { ...bare, ...place, package: place.file === null ? null : packageOf(place.file, this.#root) };
  }

  #place(frame: RawFrame, mappedNow: RawFrame['mapped']): Place {
    const path = frame.file === null ? null : toPath(frame.file);
    const bare: Place = { file: path, line: frame.line, column: frame.column, sure: true, source: null };
    if (path === null || frame.line === null || !isAbsolute(path)) return bare;
    const mapped = this.#remember(`${path}:${frame.line}:${frame.column}`, path, frame, mappedNow);
    if (mapped === null) return { ...bare, sure: false };
    if (mapped !== undefined) return this.#original({ ...mapped, content: null });
    const file = this.#read(path);
    if (file === null) return { ...bare, sure: !isTransformed(path) || this.#asWritten.has(path) };
    if (!file.unchanged) return { ...bare, sure: false };
    const original = file.map?.originalOf(frame.line, frame.column ?? 1) ?? null;
    if (original !== null) return this.#original(original);
    const sure = !isTransformed(path) || this.#asWritten.has(path);
    return { ...bare, sure, source: sure ? file.text.line(frame.line) : null };
  }

  /** What this or an earlier frame says of the place. */
  #remember(key: string, path: string, frame: RawFrame, mapped: RawFrame['mapped']): RawFrame['mapped'] {
    if (mapped === undefined) return this.#mapped.get(key);
    this.#mapped.set(key, mapped);
    if (mapped?.file === path && mapped.line === frame.line && mapped.column === frame.column)
      this.#asWritten.add(path);
    return mapped;
  }

  #original({ file, line, column, content }: Original): Place {
    if (content !== null) return { file, line, column, sure: true, source: this.#content(file, content).line(line) };
    const source = isAbsolute(file) ? this.#read(file) : null;
    const sure = source?.unchanged !== false;
    return { file, line, column, sure, source: sure ? (source?.text.line(line) ?? null) : null };
  }

  #content(file: string, content: string): SourceText {
    const known = this.#contents.get(file) ?? new SourceText(content);
    this.#contents.set(file, known);
    return known;
  }

  #read(path: string): SourceFile | null {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#readNew(path);
      this.#files.set(path, file);
    }
    return file;
  }

  #readNew(path: string): SourceFile | null {
    const isScript = !/\.[^\\/.]+$/.test(path);
    if (!isScript && !SOURCE_NAME.test(path)) return null;
    const found = readRegularFile(path, FILE_MAX);
    if (found === null || (isScript && !SCRIPT_START.test(found.text.slice(0, 200)))) return null;
    const unchanged = found.modifiedMs <= this.#startedAtMs;
    return { text: new SourceText(found.text), unchanged, map: unchanged ? this.#maps.read(path, found.text) : null };
  }
}

/** A text, cut into lines when the first of them is asked for. */
class SourceText {
  #text: string;
  #lines: string[] | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** The line, from 1, trimmed and cut; null where there is none, it is empty, or it is no line a person wrote. */
  line(line: number): string | null {
    this.#lines ??= this.#text.split(/\r\n|[\n\r\u2028\u2029]/);
    this.#text = '';
    const text = this.#lines[line - 1]?.trim() ?? '';
    return text === '' || text.length > LINE_MAX * 4 ? null : text.slice(0, LINE_MAX);
  }
}

/**
 * TypeScript without a map: a loader has compiled it, and its lines are not the file's. Where Node itself strips the types,
 * which keeps every line and column, the thread says so (`RawFrame.mapped`).
 */
function isTransformed(path: string): boolean {
  return TYPESCRIPT_NAME.test(path);
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}
