import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';

export const truth = { state: 'native-cpu', function: null, verdict: 'thread-native-cpu', readBy: 'kernel' };

export function hang() {
  const data = Buffer.from(randomBytes(24 * 1024 * 1024).toString('hex'));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
  brotliCompressSync(data, { params, chunkSize: data.length });
}
