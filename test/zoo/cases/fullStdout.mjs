import { writeSync } from 'node:fs';

/**
 * Nobody reads the pipe that is stdout. Only on main, and before anything made `process.stdout` or a worker of the
 * application: libuv makes the pipe non-blocking then, and `writeSync` fails instead of waiting.
 */
export const truth = {
  places: ['main'],
  state: 'native-wait',
  function: null,
  verdict: 'thread-native-wait',
  readBy: 'kernel',
  says: /waits in write of fd 1 \(pipe/,
  stdout: 'full pipe',
};

export function hang() {
  for (;;) writeSync(1, 'x'.repeat(4096));
}
