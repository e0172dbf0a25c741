/** Chunks through a pipeline of a source, an async transform and a sink. */
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export const OPERATIONS = 5000;

function* chunks(count) {
  for (let index = 0; index < count; index++) yield { index };
}

export function prepare() {
  return (count) =>
    pipeline(
      Readable.from(chunks(count)),
      new Transform({ objectMode: true, transform: (chunk, _, done) => setImmediate(done, null, chunk) }),
      new Writable({ objectMode: true, write: (chunk, _, done) => done() }),
    );
}
