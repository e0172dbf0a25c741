/**
 * Which worker gets an agent, by the form of the preload, the options of `new Worker`, and the kind of its code. The
 * table was found by running and is the same on 20, 22, 24 and 26. Who gets none is read by inspector all the same.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Report } from '../../src/report/types.js';
import { threadOf } from '../harness/hangs.js';
import { assertQuiet, spawnFixture, type FixtureOptions } from '../harness/spawn.js';

type Preload = Exclude<FixtureOptions['preload'], 'none' | undefined>;

/** Their thread ids in `fixtures/inherit.cjs`. */
const KINDS = { file: 2, esm: 3, data: 4, eval: 5 } as const;
type Kind = keyof typeof KINDS;

const ALL: readonly Kind[] = ['file', 'esm', 'data', 'eval'];
/** `--import` is not run for workers whose code is text. */
const BUT_EVAL: readonly Kind[] = ['file', 'esm', 'data'];
const NONE: readonly Kind[] = [];

/** Flags of the command line come with `execArgv`, those of NODE_OPTIONS with `env`; each is dropped with its own. */
const INHERITS: Record<Preload, Record<string, readonly Kind[]>> = {
  require: { none: ALL, 'env: {}': ALL, 'execArgv: []': NONE, SHARE_ENV: ALL, 'env: {}, execArgv: []': NONE },
  import: {
    none: BUT_EVAL,
    'env: {}': BUT_EVAL,
    'execArgv: []': NONE,
    SHARE_ENV: BUT_EVAL,
    'env: {}, execArgv: []': NONE,
  },
  NODE_OPTIONS: { none: ALL, 'env: {}': NONE, 'execArgv: []': ALL, SHARE_ENV: ALL, 'env: {}, execArgv: []': NONE },
};

async function reportOf(preload: Preload, options: string): Promise<Report> {
  const fixture = spawnFixture('inherit.cjs', { preload, args: [options], env: { GMR_FORMAT: 'json' } });
  try {
    await fixture.ready();
    fixture.signal('SIGUSR2');
    const report = await fixture.report();
    assertQuiet(fixture.stderr);
    return report;
  } finally {
    await fixture.stop();
  }
}

describe('workers inherit the preload', { concurrency: 2 }, () => {
  for (const [preload, rows] of Object.entries(INHERITS) as [Preload, Record<string, readonly Kind[]>][]) {
    for (const [options, inheriting] of Object.entries(rows)) {
      const who = inheriting.length === 0 ? 'no worker has' : `${inheriting.join(', ')} workers have`;
      test(`by ${preload} with { ${options} } ${who} it, and all are read`, { timeout: 30_000 }, async () => {
        const report = await reportOf(preload, options);
        for (const kind of ALL) {
          const thread = threadOf(report, KINDS[kind]);
          assert.equal(thread.instrumented, inheriting.includes(kind), `${kind} instrumented`);
          assert.equal(thread.readBy, 'inspector', kind);
          assert.equal(thread.state, 'atomics-wait', kind);
          assert.ok(
            thread.stack.some((frame) => frame.function === 'Atomics.wait'),
            `${kind}: ${JSON.stringify(thread.stack)}`,
          );
        }
      });
    }
  }
});
