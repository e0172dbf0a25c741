import { randomFillSync } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';

export const truth = { state: 'native-cpu', function: null, verdict: 'thread-native-cpu', readBy: 'kernel' };

export function hang() {
  const data = Buffer.alloc(32 * 1024 * 1024);
  for (let at = 0; at < data.length; at += 64) randomFillSync(data, at, 8);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  brotliCompressSync(data, { params, chunkSize: data.length });
}
