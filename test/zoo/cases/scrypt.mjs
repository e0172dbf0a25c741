import { scryptSync } from 'node:crypto';

export const truth = { state: 'native-cpu', function: null, verdict: 'thread-native-cpu', readBy: 'kernel' };

export function hang() {
  scryptSync('password', 'salt', 64, { N: 2 ** 14, r: 8, p: 400, maxmem: 2 ** 30 });
}
