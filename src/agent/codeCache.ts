/**
 * Compiled code, handed from main to the workers. Half of what this package adds to a worker's start is V8 compiling it:
 * all of it roughly, then each function when it is called. V8 can put what it has compiled into bytes
 * (`Script.createCachedData`, Node's documentation of `vm`) and take it from there in another thread of the process.
 * Main, where nearly every function that a worker needs has run by then, does so once, when the first worker is made, in
 * 2.5 ms. That worker reads it already: its thread needs longer to get to its preload. While the bytes are not there yet, or
 * where V8 does not want them, code is compiled as ever.
 *
 * V8 knows the source of such bytes by its length alone, so the source goes with them: a package that was replaced on the
 * disk while the process runs does not get code that is not its own. For the same reason the text of what is loaded only when
 * a thread is asked goes with them from the start.
 */
import { readFileSync } from 'node:fs';
import type { SharedCode } from '../protocol.js';

/** Source and code take 0.2 MB each; memory that nobody writes to costs nothing. */
const SIZE = 1 << 20;
/** Two lengths come first; the code follows, where V8 wants it aligned, and then the source. */
const HEAD = 8;

export interface CompiledSource {
  source: string;
  code: Uint8Array;
}

/** A file that was loaded so that its code can be had (`threadPart.ts`). */
export interface CompiledFile {
  file: string;
  /** Its code, with every function that has run so far. Takes some 2 ms. */
  compiled(): CompiledSource;
}

/** Main's side. */
export class CodeForWorkers {
  /** What workers are told. */
  readonly shared: SharedCode;
  #part: CompiledFile | null;

  /** @param answers - what is loaded when it is needed */
  constructor(part: CompiledFile, answers: SharedArrayBuffer) {
    this.#part = part;
    this.shared = { file: part.file, memory: new SharedArrayBuffer(SIZE), answers };
  }

  /** Does its work once. */
  put(): void {
    if (this.#part === null) return;
    putCode(this.shared.memory, this.#part.compiled());
    this.#part = null;
  }
}

/** What does not fit, or is not ASCII, is left out. */
function putCode(memory: SharedArrayBuffer, { source, code }: CompiledSource): void {
  if (HEAD + code.length + source.length > SIZE) return;
  new Uint8Array(memory, HEAD).set(code);
  const written = Buffer.from(memory, HEAD + code.length).write(source, 'utf8');
  if (written !== source.length) return;
  const lengths = new Int32Array(memory, 0, 2);
  lengths[1] = source.length;
  Atomics.store(lengths, 0, code.length);
}

/** A worker's side: what main has put there of this file; null while there is nothing. */
export function codeOf(file: string, shared: SharedCode | undefined): CompiledSource | null {
  if (shared === undefined || !isOf(file, shared)) return null;
  const lengths = new Int32Array(shared.memory, 0, 2);
  const length = Atomics.load(lengths, 0);
  if (length === 0) return null;
  const source = Buffer.from(shared.memory, HEAD + length, lengths[1]).toString('latin1');
  return { source, code: new Uint8Array(shared.memory, HEAD, length) };
}

/** The text of what is loaded when it is needed: as main has it, else as it is on the disk now. @throws what reading it throws */
export function answersFor(file: string, shared: SharedCode | undefined, answersFile: string): SharedArrayBuffer {
  return shared !== undefined && isOf(file, shared) ? shared.answers : readShared(answersFile);
}

/** Of another copy of this package nothing is taken. */
function isOf(file: string, shared: SharedCode): boolean {
  return shared.file === file && [shared.memory, shared.answers].every((one) => one instanceof SharedArrayBuffer);
}

/** A file's text as it is now, to be run later. @throws what reading it throws */
export function readShared(file: string): SharedArrayBuffer {
  const text = readFileSync(file);
  const memory = new SharedArrayBuffer(text.length);
  new Uint8Array(memory).set(text);
  return memory;
}
