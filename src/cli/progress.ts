/** What a command waits for, said on stderr where it takes long, and Ctrl-C, which leaves nothing behind. */
import { writeSync } from 'node:fs';
import { clearTimeout, setTimeout } from 'node:timers';

/** A step that is done sooner is not worth a line, in ms. */
const LONG_MS = 1000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Progress {
  /** From now on this is what is waited for. */
  step(text: string): void;
  /** Aborted when the command is told to stop. */
  signal: AbortSignal;
}

/**
 * Runs `work`; a step that takes long is a line on stderr, which a terminal forgets afterwards. A command that is told to
 * stop ends by that signal once `work` has put away what it left.
 */
export async function withProgress<Result>(work: (progress: Progress) => Promise<Result>): Promise<Result> {
  const stopping = new AbortController();
  let stopped: NodeJS.Signals | null = null;
  const stop = (name: NodeJS.Signals): void => {
    stopped = name;
    stopping.abort();
  };
  const line = new StepLine(process.stderr.isTTY);
  for (const name of STOP_SIGNALS) process.once(name, stop);
  try {
    return await work({ step: (text) => line.step(text), signal: stopping.signal });
  } finally {
    line.end();
    for (const name of STOP_SIGNALS) process.off(name, stop);
    if (stopped !== null) process.kill(process.pid, stopped);
  }
}

class StepLine {
  readonly #isTerminal: boolean;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isShown = false;

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  step(text: string): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#isShown = true;
      write(this.#isTerminal ? `gmr: ${text} ...` : `gmr: ${text}\n`);
    }, LONG_MS).unref();
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // Back to the beginning of the line, and the line away (ECMA-48).
    if (this.#isShown && this.#isTerminal) write('\r\u001B[K');
    this.#isShown = false;
  }
}

function write(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody reads stderr.
  }
}
