import { pbkdf2Sync } from 'node:crypto';

export const truth = { state: 'native-cpu', function: null, verdict: 'thread-native-cpu', readBy: 'kernel' };

export function hang() {
  pbkdf2Sync('password', 'salt', 100_000_000, 64, 'sha512');
}
