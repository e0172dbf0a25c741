import { execSync } from 'node:child_process';

export const truth = {
  state: 'native-wait',
  function: null,
  verdict: 'thread-native-wait',
  readBy: 'kernel',
  says: /child process \d+ \(.*sleep 15/,
};

export function hang() {
  execSync('sleep 15');
}
