/**
 * Packages that this one is held against. They have a package.json of their own in this folder, so that the package's own
 * install stays free of them; what it has anyway (piscina, ws, why-is-node-running) is found there.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..');
const INSTALL_WITHIN_MS = 120_000;
const requireHere = createRequire(join(FOLDER, 'package.json'));
const found = new Map();

/** The file of a rival's entry; null with the reason where it is not installed or this binary cannot load it. */
export function findRival(name, node) {
  const key = `${name} ${node}`;
  if (!found.has(key)) found.set(key, look(name, node));
  return found.get(key);
}

function look(name, node) {
  let file;
  try {
    file = requireHere.resolve(name);
  } catch {
    return { file: null, why: 'not installed' };
  }
  const source = `import(${JSON.stringify(file)}).then(() => process.exit(0), (error) => { console.error(String(error)); process.exit(1); })`;
  const { status, stderr } = spawnSync(node, ['-e', source], { encoding: 'utf8', timeout: 20_000 });
  const why = `this Node cannot load it (${stderr.trim().split('\n').at(-1) || 'it ended'})`;
  return status === 0 ? { file, why: null } : { file: null, why };
}

/** Installs what is missing into this folder. Returns a line on what could not be installed, null when all is there. */
export function installRivals() {
  const { dependencies } = JSON.parse(readFileSync(join(FOLDER, 'package.json'), 'utf8'));
  if (Object.keys(dependencies).every(isInstalled)) return null;
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  const { status, stderr } = spawnSync('npm', args, { cwd: FOLDER, encoding: 'utf8', timeout: INSTALL_WITHIN_MS });
  found.clear();
  if (status === 0) return null;
  const reason = stderr?.split('\n').find((line) => line.startsWith('npm error')) ?? 'npm did not end in time';
  return `rivals could not be installed and are left out: ${reason}`;
}

function isInstalled(name) {
  try {
    requireHere.resolve(name);
    return true;
  } catch {
    return false;
  }
}
