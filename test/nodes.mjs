/**
 * `npm run test:nodes`: the built test suite under each supported line of Node. The binaries come from the npm package
 * `node`, each in a folder of its own below `.nodes`, kept there for the next time. `npm run test:nodes -- 22 24` runs some.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const LINES = ['20', '22', '24', '26'];
const LONGEST_RUN_MS = 6 * 60_000;

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

function testFiles() {
  const folder = join(ROOT, '.test');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  const files = names.filter((name) => name.endsWith('.test.js')).sort();
  if (files.length === 0) throw new Error('there are no built tests: run npm test first');
  return files.map((name) => join('.test', name));
}

/** Runs the suite with a binary, which the tests find as `process.execPath` and as `node` on the path. */
function runSuite(binary) {
  const args = ['--test', '--test-concurrency=2', '--test-timeout=120000', '--test-reporter=tap', ...testFiles()];
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LONGEST_RUN_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

function countOf(output, name) {
  return Number(output.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
}

/** The failed tests, each with what the reporter says of it. */
function failuresOf(output) {
  return (
    output.match(/^ *not ok .*\n(?: *---\n[\s\S]*?^ *\.\.\.$)?/gm)?.filter((text) => !/# (?:TODO|SKIP)/.test(text)) ??
    []
  );
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

let failed = false;
const chosen = process.argv.slice(2);
for (const line of chosen.length > 0 ? chosen : LINES) {
  try {
    const binary = install(line);
    const { code, output } = await runSuite(binary);
    const isGood = code === 0 && countOf(output, 'pass') > 0;
    const skipped = countOf(output, 'skipped');
    const bad = countOf(output, 'fail') + countOf(output, 'cancelled');
    say(
      `Node ${versionOf(binary)}: ${countOf(output, 'pass')} passed, ${bad} failed${skipped > 0 ? `, ${skipped} skipped` : ''}${isGood || bad > 0 ? '' : `; the run itself failed (${code ?? 'out of time'})`}`,
    );
    for (const failure of failuresOf(output)) say(failure);
    failed ||= !isGood;
  } catch (error) {
    say(`Node ${line}: ${error.message}`);
    failed = true;
  }
}
if (failed) process.exitCode = 1;
