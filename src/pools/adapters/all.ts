/** Every library whose pools `instrument` takes. */
import type { PoolAdapter } from './adapter.js';
import { jestWorker } from './jestWorker.js';
import { piscina, tinypool } from './piscina.js';
import { poolifier } from './poolifier.js';
import { workerpool } from './workerpool.js';

export const ADAPTERS: readonly PoolAdapter[] = [piscina, tinypool, jestWorker, workerpool, poolifier];
