/**
 * Compiled code, handed from main to the workers. Half of what this package adds to a worker's start is V8 compiling it:
 * all of it roughly, then each function when it is called. V8 can put what it has compiled into bytes
 * (`Script.createCachedData`, Node's documentation of `vm`) and take it from there in another thread of the process.
 * Main, where nearly every function that a worker's start needs has run by then, does so once, in 2.5 ms: at its first
 * heartbeat, or when a worker is made before. That worker reads it already: its thread needs longer to get to its preload.
 * Later would be worse: main has run functions by then that no start needs, and a worker takes all of them out of the bytes
 * (a third more after three seconds). While the bytes are not there yet, or where V8 does not want them, code is compiled as
 * ever.
 *
 * V8 knows the source of such bytes by its length alone, so the source goes with them: a package that was replaced on the
 * disk while the process runs does not get code that is not its own. For the same reason the text of what is loaded only when
 * a thread is asked goes with them.
 */
import type { SharedCode } from '../protocol.js';

/** The two sources and the code take 0.2 MB; memory that nobody writes to costs nothing. */
const SIZE = 1 << 20;
/** The lengths come first; the code follows, where V8 wants it aligned, then its source, then the text of the answers. */
const HEAD = 16;

/** The source of a file and, where it was compiled already, its code. */
export interface CompiledSource {
  source: string;
  code?: Uint8Array;
}

/** What main puts there. */
export interface HandedPart extends Required<CompiledSource> {
  /** The text of what is loaded beside it when a thread is asked. */
  answers: Uint8Array;
}

/** A file that was loaded so that its code can be had (`threadPart.ts`). */
export interface CompiledFile {
  file: string;
  /** Its code, with every function that has run so far. Takes some 2 ms. */
  compiled(): Required<CompiledSource>;
}

/** Main's side. */
export class CodeForWorkers {
  /** What workers are told. */
  readonly shared: SharedCode;
  readonly #answers: () => Uint8Array;
  #part: CompiledFile | null;

  /** @param answers - the text of what is loaded when a thread is asked, or throws what reading it throws */
  constructor(part: CompiledFile, answers: () => Uint8Array) {
    this.#part = part;
    this.#answers = answers;
    this.shared = { file: part.file, memory: new SharedArrayBuffer(SIZE) };
  }

  /** Does its work once. */
  put(): void {
    const part = this.#part;
    this.#part = null;
    if (part === null) return;
    try {
      putCode(this.shared.memory, part.compiled(), this.#answers());
    } catch {
      // Workers read and compile for themselves.
    }
  }
}

/** What does not fit, or is not ASCII, is left out. */
function putCode(memory: SharedArrayBuffer, { source, code }: Required<CompiledSource>, answers: Uint8Array): void {
  const answersAt = HEAD + code.length + source.length;
  if (answersAt + answers.length > SIZE) return;
  new Uint8Array(memory, HEAD).set(code);
  const written = Buffer.from(memory, HEAD + code.length).write(source, 'utf8');
  if (written !== source.length) return;
  new Uint8Array(memory, answersAt).set(answers);
  const lengths = new Int32Array(memory, 0, 3);
  lengths[1] = source.length;
  lengths[2] = answers.length;
  Atomics.store(lengths, 0, code.length);
}

/** A worker's side: what main has put there of this file; null while there is nothing, and of another copy of this package. */
export function handedPart(file: string, shared: SharedCode | undefined): HandedPart | null {
  if (shared?.file !== file || !(shared.memory instanceof SharedArrayBuffer)) return null;
  const { memory } = shared;
  const lengths = new Int32Array(memory, 0, 3);
  const code = new Uint8Array(memory, HEAD, Atomics.load(lengths, 0));
  if (code.length === 0) return null;
  const source = new Uint8Array(memory, HEAD + code.length, lengths[1]);
  const answers = new Uint8Array(memory, HEAD + code.length + source.length, lengths[2]);
  return { source: latin1(source), code, answers };
}

/** The text of these bytes, which are ASCII. */
export function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}
