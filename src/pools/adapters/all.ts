/** Every library whose pools `instrument` takes. */
import type { PoolAdapter } from './adapter.js';
import { piscina, tinypool } from './piscina.js';

export const ADAPTERS: readonly PoolAdapter[] = [piscina, tinypool];
