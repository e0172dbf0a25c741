/** What can be loaded into a measured process before its own code. */
import { join } from 'node:path';
import { findRival } from './rivals.mjs';

export const BENCH = join(import.meta.dirname, '..');
export const PACKAGE = join(BENCH, '..');
export const PRELOAD = join(PACKAGE, 'dist/register.cjs');

/** By then what is done once in a life is over: the sentinel's start, and the rehearsal of a thread's first answer. */
export const SETTLED_MS = 1200;

const OURS = { flags: ['-r', PRELOAD] };

/** Flags and environment of each variant that is not a rival. */
const OWN_VARIANTS = {
  bare: {},
  control: {},
  default: OURS,
  handles: { ...OURS, env: { GMR_TASKS: 'handles' } },
  full: { ...OURS, env: { GMR_TASKS: 'full' }, isHeavy: true },
  'empty hooks': { flags: ['-r', join(BENCH, 'preloads/emptyHooks.cjs')] },
  'idle worker': { flags: ['-r', join(BENCH, 'preloads/idleWorker.cjs')] },
  'sentinel lazy': { ...OURS, env: { GMR_SENTINEL: 'lazy' } },
  'sentinel off': { ...OURS, env: { GMR_SENTINEL: 'off' } },
  labels: { ...OURS, env: { BENCH_SCOPE: 'labels' } },
  'labels for each call': { ...OURS, env: { BENCH_SCOPE: 'each' } },
  AsyncLocalStorage: { env: { BENCH_SCOPE: 'storage' } },
};

/** Each rival's flags, given the file that its package resolves to. */
const RIVAL_VARIANTS = {
  'why-is-node-running': { package: 'why-is-node-running', flags: (file) => ['--import', file], isHeavy: true },
  wtfnode: { package: 'wtfnode', flags: () => ['-r', join(BENCH, 'preloads/wtfnode.cjs')], isHeavy: true },
  'sentry native': {
    package: '@sentry-internal/node-native-stacktrace',
    flags: () => ['-r', join(BENCH, 'preloads/sentryNative.cjs')],
  },
};

/**
 * The variants that can be measured with this binary, and a line for each that cannot.
 * @returns `{ variants: Map<name, { flags, env, isHeavy }>, skipped: string[] }`; a heavy one takes a stack for every
 * resource, up to a hundred times the time of what it watches, so that less of it is enough
 */
export function chooseVariants(names, { node, preload }) {
  const variants = new Map();
  const skipped = [];
  for (const name of names) {
    const rival = RIVAL_VARIANTS[name];
    if (name === 'preload') variants.set(name, { flags: ['-r', preload], env: {} });
    else if (rival === undefined) variants.set(name, { flags: [], env: {}, ...OWN_VARIANTS[name] });
    else {
      const { file, why } = findRival(rival.package, node);
      if (file === null) skipped.push(`${name}: ${why}`);
      else variants.set(name, { flags: rival.flags(file), env: {}, isHeavy: rival.isHeavy });
    }
  }
  return { variants, skipped };
}
