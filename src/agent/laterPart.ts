/**
 * A part of the package that is loaded only when something is asked. Its text is read when the thread turns out to be no
 * short-lived one, in half a millisecond that its start is spared; from then on a package that is replaced on the disk
 * changes nothing.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { partFile } from '../packageFolder.js';
import type { LoadedPart } from './threadPart.js';

export class LaterPart<Exports extends object> {
  readonly file: string;
  readonly #part: LoadedPart;
  #text: Uint8Array | null;

  /**
   * @param part - what it requires, in whose folder it lies
   * @param text - as another thread has it; null where none has
   */
  constructor(part: LoadedPart, name: string, text: Uint8Array | null = null) {
    this.file = partFile(dirname(part.file), name);
    this.#part = part;
    this.#text = text;
  }

  /** @throws what reading it throws, when it was not read before */
  get text(): Uint8Array {
    this.#text ??= readFileSync(this.file);
    return this.#text;
  }

  /** Reads it now; what cannot be read is attempted again when it is needed. */
  keep(): void {
    try {
      void this.text;
    } catch {
      // Out of file descriptors, perhaps.
    }
  }

  /** Runs it, each time anew. @throws what reading, compiling or running it throws */
  load(): Exports {
    return this.#part.beside(this.file, this.text).exports as Exports;
  }
}
