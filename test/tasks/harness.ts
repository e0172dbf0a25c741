/** Runs a script in a fresh process that has the tracker (as `tracker`, beating every 250 ms), and gives its last line as JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after } from 'node:test';
import { buildSync } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'gmr-tasks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let isBuilt = false;
let count = 0;

export interface RunOptions {
  /** `null` runs without the tracker. */
  mode?: string | null;
  flags?: string[];
}

/** The path of a preload that installs the tracker in its mode. */
export function preload(mode: string): string {
  if (!isBuilt) {
    for (const source of ['tasks/tracker', 'tasks/realm', 'pools/threadPools']) {
      const outfile = join(folder, `${basename(source)}.cjs`);
      const options = {
        bundle: true,
        platform: 'node',
        target: 'node20.19',
        format: 'cjs',
        logLevel: 'error',
      } as const;
      buildSync({ ...options, entryPoints: [`src/${source}.ts`], outfile });
    }
    isBuilt = true;
  }
  const file = join(folder, `preload-${mode}.cjs`);
  writeFileSync(
    file,
    `const { describePools } = require('./threadPools.cjs');
    globalThis.tracker = require('./tracker.cjs').installTracker(${JSON.stringify(mode)}, {
      payloadBytes: 100,
      describePools: (...given) => describePools({ list: () => [] }, ...given),
    });
    globalThis.request = { lane: 'port', placesMax: 2000, placesMs: 5000, heapScan: 'never' };
    globalThis.realmFile = ${JSON.stringify(join(folder, 'realm.cjs'))};
    setInterval(() => tracker.beat(), 250).unref();`,
  );
  return file;
}

/** Runs `script` (CommonJS) and parses the last line it prints. Fails on a bad exit or on anything on stderr. */
export function run<Result>(script: string, options: RunOptions = {}): Result {
  const file = join(folder, `script-${++count}.cjs`);
  writeFileSync(file, script);
  const { mode = 'on', flags = [] } = options;
  const start = mode === null ? [] : ['-r', preload(mode)];
  const child = spawnSync(process.execPath, [...flags, ...start, file], { encoding: 'utf8', timeout: 15_000 });
  if (child.status !== 0 || child.stderr !== '')
    throw new Error(`exit ${child.status} ${child.signal}: ${child.stderr}`);
  return JSON.parse(child.stdout.trim().split('\n').at(-1) ?? '') as Result;
}
