/**
 * `npm run test:nodes`: the built test suite under each supported line of Node but the running one. The binaries come from
 * the npm package `node`, each in a folder of its own below `.nodes`, kept there for the next time.
 * `npm run test:nodes -- 22 24` runs some.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { closingLine, runSuite } from './suite.mjs';

const ROOT = join(import.meta.dirname, '..');
const LINES = ['20', '22', '24', '26'];

/** Where the package's binary may be: its install script puts it into `bin`, without scripts it stays in the platform's package. */
function findBinary(folder) {
  const modules = join(folder, 'node_modules');
  const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const places = ['node', `node/node_modules/${platform}`, platform].map((place) => join(modules, place, 'bin', file));
  return places.find((path) => existsSync(path) && versionOf(path) !== null) ?? null;
}

function versionOf(binary) {
  const { status, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? stdout.trim().slice(1) : null;
}

function install(line) {
  const folder = join(ROOT, '.nodes', line);
  const found = findBinary(folder);
  if (found !== null) return found;
  mkdirSync(folder, { recursive: true });
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--prefix',
    folder,
    `node@${line}`,
  ];
  const { status, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', timeout: 300_000 });
  const binary = findBinary(folder);
  if (status !== 0 || binary === null) throw new Error(`node@${line} could not be installed: ${stderr}`);
  return binary;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

let failed = false;
const chosen = process.argv.slice(2);
// `npm test` has run the suite under the line that runs this.
const others = LINES.filter((line) => line !== process.versions.node.split('.')[0]);
for (const line of chosen.length > 0 ? chosen : others) {
  try {
    const binary = install(line);
    const counts = await runSuite(binary, say);
    say(`Node ${versionOf(binary)}: ${closingLine(counts)}`);
    failed ||= counts.failed > 0 || counts.passed === 0;
  } catch (error) {
    say(`Node ${line}: ${error.message}`);
    failed = true;
  }
}
if (failed) process.exitCode = 1;
