/**
 * The text of a file that is loaded only when something is asked. It is read when the thread turns out to be no short-lived
 * one, in half a millisecond that its start is spared; from then on a package that is replaced on the disk changes nothing.
 */
import { readFileSync } from 'node:fs';

export class KeptText {
  readonly file: string;
  readonly #known: () => Uint8Array | null;
  #bytes: Uint8Array | null = null;

  /** @param known - the text as another thread has it; null while none has */
  constructor(file: string, known: () => Uint8Array | null = () => null) {
    this.file = file;
    this.#known = known;
  }

  /** @throws what reading it throws, when it was not read before */
  get bytes(): Uint8Array {
    this.#bytes ??= this.#known() ?? readFileSync(this.file);
    return this.#bytes;
  }

  /** Reads it now; what cannot be read is attempted again when it is needed. */
  keep(): void {
    try {
      void this.bytes;
    } catch {
      // Out of file descriptors, perhaps.
    }
  }
}
