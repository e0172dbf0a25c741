/** Completes a frame: its source map applied, its package, its line of source. Never done in a busy thread. */
import { readFileSync, statSync } from 'node:fs';
import { packageOf, toPath } from '../report/frames.js';
import type { RawFrame } from '../protocol.js';
import type { Frame } from '../report/types.js';
import { readFileMap, type FileMap } from './sourceMaps.js';

/** A file larger than this is no hand-written source, and reading it would make the report late. In bytes. */
const FILE_MAX = 8_000_000;
/** A longer line says no more, and comes from minified code. */
const LINE_MAX = 160;

interface SourceFile {
  lines: string[];
  /** Whether the file is as it was when the process started. */
  unchanged: boolean;
  map: FileMap | null;
}
interface Place {
  file: string | null;
  line: number | null;
  column: number | null;
  sure: boolean;
  source: string | null;
}

/** The files of one report: each is read at most once. */
export class SourceLines {
  readonly #files = new Map<string, SourceFile | null>();
  readonly #startedAtMs: number;
  readonly #root: string | null;

  constructor(root: string | null, startedAtMs = Date.now() - process.uptime() * 1000) {
    this.#root = root;
    this.#startedAtMs = startedAtMs;
  }

  complete(frame: RawFrame): Frame {
    const place = this.#place(frame);
    return { ...frame, ...place, package: place.file === null ? null : packageOf(place.file, this.#root) };
  }

  #place(frame: RawFrame): Place {
    const path = frame.file === null ? null : toPath(frame.file);
    const bare: Place = { file: path, line: frame.line, column: frame.column, sure: true, source: null };
    if (path === null || frame.line === null || !isAbsolute(path)) return bare;
    const file = this.#read(path);
    if (file === null) return bare;
    if (!file.unchanged) return { ...bare, sure: false };
    const original = file.map?.originalOf(frame.line, frame.column ?? 1) ?? null;
    if (original === null)
      return {
        ...bare,
        sure: !isTransformed(path),
        source: isTransformed(path) ? null : lineOf(file.lines, frame.line),
      };
    const lines = original.content?.split('\n') ?? this.#read(original.file)?.lines ?? [];
    return {
      file: original.file,
      line: original.line,
      column: original.column,
      sure: true,
      source: lineOf(lines, original.line),
    };
  }

  #read(path: string): SourceFile | null {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = readSource(path, this.#startedAtMs);
      this.#files.set(path, file);
    }
    return file;
  }
}

function readSource(path: string, startedAtMs: number): SourceFile | null {
  try {
    const { size, mtimeMs } = statSync(path);
    if (size > FILE_MAX) return null;
    const text = readFileSync(path, 'utf8');
    return { lines: text.split('\n'), unchanged: mtimeMs <= startedAtMs, map: readFileMap(path, text) };
  } catch {
    return null;
  }
}

function lineOf(lines: readonly string[], line: number): string | null {
  const text = lines[line - 1]?.trim() ?? '';
  return text === '' || text.length > LINE_MAX * 4 ? null : text.slice(0, LINE_MAX);
}

/**
 * TypeScript that a loader compiled: the running code's lines are not the file's. Node's own type stripping keeps every
 * line and column, so its frames are the file's.
 */
function isTransformed(path: string): boolean {
  if (!/\.[cm]?tsx?$/.test(path)) return false;
  return (process.features as { typescript?: unknown }).typescript !== 'strip';
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}
