/** The await loop inside a scope: labels, an AsyncLocalStorage beside which they can be held, or (bare) none. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { leaf, loop, OPERATIONS } from './await.mjs';

export { OPERATIONS };

async function eachLabelled(withLabels, count) {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += await withLabels({ tenant: index & 15 }, () => leaf(index));
  return sum;
}

export async function prepare() {
  const scope = process.env.BENCH_SCOPE ?? 'none';
  if (scope === 'none') return loop;
  if (scope === 'storage') {
    const storage = new AsyncLocalStorage();
    return (count) => storage.run({ tenant: 17 }, () => loop(count));
  }
  const { withLabels } = await import('../../../dist/index.js');
  if (scope === 'each') return (count) => eachLabelled(withLabels, count);
  return (count) => withLabels({ tenant: 17 }, () => loop(count));
}
