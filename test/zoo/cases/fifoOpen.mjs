import { openSync } from 'node:fs';

/** `ZOO_FIFO` is a FIFO that nobody else opens. */
export const truth = {
  state: 'native-wait',
  function: null,
  verdict: 'thread-native-wait',
  readBy: 'kernel',
  says: /waits in open of .*zoo-fifo/,
};

export function hang() {
  openSync(process.env.ZOO_FIFO, 'r');
}
