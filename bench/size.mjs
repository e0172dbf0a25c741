/** How large the package is when it is installed: its own files as they are packed, and all that it depends on. */
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { PACKAGE } from './harness/variants.mjs';

export async function run({ say }) {
  say('size');
  const own = packedBytes();
  const dependencies = [...closure(PACKAGE, new Map())];
  const sizes = dependencies.map(([name, folder]) => [name, folderBytes(folder)]);
  const all = sizes.reduce((sum, [, bytes]) => sum + bytes, own);
  const measures = [['guru-meditation', own], ...sizes, ['all', all]].map(([row, bytes]) => megabytes(row, bytes));
  return { measures, skipped: [] };
}

function megabytes(row, bytes) {
  const size = bytes / 1e6;
  return { table: 'size', row, column: 'unpacked', unit: 'MB', median: size, low: size, high: size, count: 1 };
}

/** @throws {Error} when npm cannot say what it would pack */
function packedBytes() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: PACKAGE, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr.trim().split('\n').at(-1)}`);
  const packed = JSON.parse(stdout);
  return Object.values(packed)[0].unpackedSize;
}

/** The folders of all production dependencies, as Node finds them from each that needs them. */
function closure(folder, found) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    if (found.has(name)) continue;
    const place = folderOf(name, folder);
    found.set(name, place);
    closure(place, found);
  }
  return found;
}

function folderOf(name, from) {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name);
  const place = places.map((modules) => join(modules, name)).find((folder) => isPackage(folder));
  if (place === undefined) throw new Error(`the dependency ${name} is not installed: run npm ci first`);
  return place;
}

function isPackage(folder) {
  return lstatSync(join(folder, 'package.json'), { throwIfNoEntry: false }) !== undefined;
}

/** Without packages inside it: `closure` finds those that are needed. */
function folderBytes(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !relative(folder, entry.parentPath).split(sep).includes('node_modules'))
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}
