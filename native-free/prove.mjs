/**
 * `npm run native-free`: fails when the packed package or its production tree holds anything native, or when a hung worker
 * is not read under `--no-addons`. Needs the built package; `npm pack` builds it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];
const PLATFORM_FIELDS = ['os', 'cpu', 'libc'];
const CODE = /\.(?:[cm]?js|jsx|[cm]?ts)$/;
const NATIVE_CALLS = [/\bdlopen\b/, /require\([^)]*\.node["'`]\)/, /\bbindings\(["'`]/, /node-gyp-build/];

const faults = [];

function say(line) {
  process.stdout.write(`${line}\n`);
}

function complain(line) {
  process.stderr.write(`${line}\n`);
}

/** What is native in one package's folder. */
function inspectPackage(folder, name, { isOwn }) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const scripts = isOwn ? INSTALL_SCRIPTS : INSTALL_SCRIPTS.filter((script) => script !== 'prepare');
  for (const script of scripts)
    if (manifest.scripts?.[script] !== undefined) faults.push(`${name}: has an install script "${script}"`);
  for (const field of PLATFORM_FIELDS)
    if (manifest[field] !== undefined) faults.push(`${name}: has the field "${field}"`);
  if (manifest.gypfile !== undefined) faults.push(`${name}: has the field "gypfile"`);
  if (manifest.binary !== undefined) faults.push(`${name}: has the field "binary"`);
  let files = 0;
  for (const file of filesOf(folder)) {
    files++;
    inspectFile(folder, file, name);
  }
  return files;
}

function inspectFile(folder, file, name) {
  const path = relative(folder, file);
  if (/\.(?:node|so|dll|dylib|wasm)$/.test(file)) faults.push(`${name}: ${path} is native or compiled code`);
  if (basename(file) === 'binding.gyp') faults.push(`${name}: ${path}`);
  if (path.split('/').includes('prebuilds')) faults.push(`${name}: ${path} is a prebuild`);
  if (!CODE.test(file)) return;
  const text = readFileSync(file, 'utf8');
  for (const call of NATIVE_CALLS) if (call.test(text)) faults.push(`${name}: ${path} has ${call}`);
}

/** All files of a package; packages nested in it are packages of their own in the lockfile. */
function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}

function inspectTarball() {
  const folder = mkdtempSync(join(tmpdir(), 'native-free-'));
  try {
    run('npm', ['pack', '--silent', '--pack-destination', folder]);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw new Error('npm pack made no tarball');
    run('tar', ['-xzf', join(folder, tarball), '-C', folder]);
    say(`tarball: ${inspectPackage(join(folder, 'package'), 'the tarball', { isOwn: true })} files looked into`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Everything that an installation of this package brings along, by the lockfile: neither development nor optional peers. */
function inspectProductionTree() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const names = Object.entries(packages).filter(
    ([path, entry]) => path !== '' && !entry.dev && !entry.devOptional && !entry.peer && !entry.link,
  );
  for (const [path, entry] of names) {
    if (entry.hasInstallScript) faults.push(`${path}: the lockfile says that it has an install script`);
    for (const field of PLATFORM_FIELDS)
      if (entry[field] !== undefined) faults.push(`${path}: the lockfile has the field "${field}"`);
    if (!existsSync(join(ROOT, path, 'package.json')))
      faults.push(`${path}: is not installed, so it cannot be looked into; run npm ci`);
    else inspectPackage(join(ROOT, path), path, { isOwn: false });
  }
  say(`production tree: ${names.length} packages looked into`);
}

const WORKER = `
const { parentPort } = require('node:worker_threads');
function spinForever() { parentPort.postMessage('spinning'); for (;;) {} }
spinForever();`;

const MAIN = `
const { Worker } = require('node:worker_threads');
try { process.dlopen({ exports: {} }, __filename); } catch (error) { if (error.code !== 'ERR_DLOPEN_DISABLED') throw error; }
const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, name: 'spinner' });
new Worker('setInterval(() => {}, 1000)', { eval: true, name: 'idle' });
worker.once('message', () => setTimeout(() => console.log('ready'), 1500));
setInterval(() => {}, 1000);`;

/** A report of a process that may not load add-ons must name the function in which its worker hangs. */
async function reportWithoutAddons() {
  const register = join(ROOT, 'dist/register.cjs');
  if (!existsSync(register)) return faults.push('dist/register.cjs does not exist: the package is not built');
  const child = spawn(process.execPath, ['--no-addons', '--require', register, '--eval', MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', GMR_FORMAT: 'json', GMR_LOG_DIR: '' },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  try {
    await until(() => output.stdout.includes('ready'), 'the program is not ready', output);
    child.kill('SIGUSR2');
    const report = await until(() => readReport(output.stderr), 'there is no report', output);
    judge(report);
  } catch (error) {
    faults.push(`hung worker under --no-addons: ${error.message}`);
  } finally {
    child.kill('SIGKILL');
  }
}

function judge(report) {
  const thread = report.threads.find(({ stack }) => stack.some((frame) => frame.function === 'spinForever'));
  if (thread === undefined)
    faults.push(`hung worker under --no-addons: no stack names spinForever: ${JSON.stringify(report.threads)}`);
  else
    say(
      `hung worker under --no-addons: thread ${thread.threadId} is ${thread.state} in spinForever, read by ${thread.readBy}`,
    );
}

function readReport(stderr) {
  const text = /^\{\n[\s\S]*?^\}$/m.exec(stderr)?.[0];
  return text === undefined ? null : JSON.parse(text);
}

async function until(look, otherwise, output) {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const value = look();
    if (value) return value;
    await delay(20);
  }
  throw new Error(`${otherwise}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`);
}

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', timeout: 300_000 });
  if (error !== undefined || status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
}

if (!statSync(join(ROOT, 'package-lock.json'), { throwIfNoEntry: false })) faults.push('there is no package-lock.json');
inspectTarball();
inspectProductionTree();
await reportWithoutAddons();
for (const fault of faults) complain(`not native-free: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
else say('native-free: proven');
