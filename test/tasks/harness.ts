/** Runs a script in a fresh process that has the tracker (as `tracker`, beating every 250 ms, and `reader`), and gives its last line as JSON. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { buildSync } from 'esbuild';

const folder = mkdtempSync(join(tmpdir(), 'gmr-tasks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const MODULES = ['tasks/tracker', 'tasks/taskReader', 'tasks/currentStack', 'pools/threadPools'];

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
    const outfile = join(folder, 'tasks.cjs');
    const contents = MODULES.map((source) => `export * from './src/${source}';`).join('\n');
    const options = { bundle: true, platform: 'node', target: 'node20.19', format: 'cjs', logLevel: 'error' } as const;
    const banner = { js: '"use strict";' };
    buildSync({ ...options, banner, stdin: { contents, resolveDir: process.cwd() }, outfile });
    isBuilt = true;
  }
  const file = join(folder, `preload-${mode}.cjs`);
  writeFileSync(
    file,
    `const { Tracker, TaskReader, describePools, captureStack } = require('./tasks.cjs');
    globalThis.tracker = new Tracker((isFull) => void reader.setLooking(isFull));
    globalThis.reader = new TaskReader(tracker, {
      payloadBytes: () => 100,
      describePools: (...given) => describePools({ list: () => [] }, ...given),
    });
    tracker.setMode(${JSON.stringify(mode)});
    globalThis.request = { lane: 'port', placesMax: 2000, placesMs: 5000, heapScan: 'never' };
    globalThis.captureStack = captureStack;
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
