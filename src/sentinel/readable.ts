/**
 * Whether something waits in a pipe, without reading it. The one call for that which Node has is WASI's `poll_oneoff`, made for
 * programs of WebAssembly; the one here has a memory for the questions and the answers, and no code.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { createRequire } from 'node:module';

type Wasi = typeof import('node:wasi');
/** What is used of it; the compiler knows it in browsers alone. */
interface Assembly {
  Module: new (program: Uint8Array) => object;
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } };
}

/** `(module (memory (export "memory") 1))`: the head, the section of memories, the section of exports. */
const MEMORY_ALONE = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0];

/** Where things lie in that memory, and how long they are: `subscription` and `event` of `wasi_snapshot_preview1`. */
const QUESTIONS = 0;
const QUESTION_BYTES = 48;
const ANSWERS = 1024;
const ANSWER_BYTES = 32;
const ANSWER_COUNT = 2048;

const CLOCK = 0;
const READ = 1;
const MONOTONIC = 1;
/** The user data of the clock's question; those of descriptors are their places. */
const TIME_IS_UP = 9n;

/** How long one look waits for its answer, in ns: what waits in a pipe is told at once, unless the thread gets no CPU. */
const LOOK_NS = 2_000_000n;
const LOOKS_MOST = 5;

/**
 * Whether the pipe behind this descriptor can be read from; null where that cannot be told. `full` is one from which there
 * is always something to read: only a look that shows this is believed. Never throws.
 */
export function isReadable(descriptor: number, full: number): boolean | null {
  const opened: number[] = [];
  try {
    // Of our own, so that nothing that is done with them touches the ones that are in use.
    for (const one of [descriptor, full])
      opened.push(openSync(`/proc/self/fd/${one}`, constants.O_RDONLY | constants.O_NONBLOCK));
    for (let looks = 0; looks < LOOKS_MOST; looks++) {
      const readable = lookAt(opened);
      if (readable.has(1)) return readable.has(0);
    }
    return null;
  } catch {
    return null;
  } finally {
    for (const one of opened) closeSync(one);
  }
}

/** The places of those that can be read from. @throws where this Node has no WASI, or no WebAssembly. */
function lookAt(descriptors: readonly number[]): Set<number> {
  const { WASI } = createRequire(__filename)('node:wasi') as Wasi;
  const [stdin = 0, stdout = 0] = descriptors;
  const wasi = new WASI({ version: 'preview1', stdin, stdout, stderr: stdout });
  const { Instance, Module } = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly;
  const program = new Instance(new Module(Uint8Array.from(MEMORY_ALONE)));
  wasi.initialize(program);
  const memory = new DataView(program.exports.memory.buffer);
  ask(memory, 0, TIME_IS_UP, CLOCK, MONOTONIC);
  memory.setBigUint64(QUESTIONS + 24, LOOK_NS, true);
  for (const place of descriptors.keys()) ask(memory, place + 1, BigInt(place), READ, place);
  const { poll_oneoff: poll } = wasi.wasiImport as Record<'poll_oneoff', (...where: number[]) => number>;
  const failed = poll(QUESTIONS, ANSWERS, descriptors.length + 1, ANSWER_COUNT) !== 0;
  return failed ? new Set() : answersIn(memory);
}

/** A question: who asks, what for, and about which clock or descriptor. */
function ask(memory: DataView, index: number, userData: bigint, what: number, about: number): void {
  const at = QUESTIONS + index * QUESTION_BYTES;
  memory.setBigUint64(at, userData, true);
  memory.setUint8(at + 8, what);
  memory.setUint32(at + 16, about, true);
}

function answersIn(memory: DataView): Set<number> {
  const readable = new Set<number>();
  for (let index = 0; index < memory.getUint32(ANSWER_COUNT, true); index++) {
    const at = ANSWERS + index * ANSWER_BYTES;
    const userData = memory.getBigUint64(at, true);
    const isError = memory.getUint16(at + 8, true) !== 0;
    if (userData !== TIME_IS_UP && !isError) readable.add(Number(userData));
  }
  return readable;
}
