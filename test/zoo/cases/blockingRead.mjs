import { openSync, readSync } from 'node:fs';

/** A FIFO opened for both directions never ends: nobody writes, and the read waits. */
export const truth = {
  state: 'native-wait',
  function: null,
  verdict: 'thread-native-wait',
  readBy: 'kernel',
  says: /waits in read of fd \d+ .*zoo-fifo/,
};

export function hang() {
  const descriptor = openSync(process.env.ZOO_FIFO, 'r+');
  readSync(descriptor, Buffer.alloc(10));
}
