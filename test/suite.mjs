/**
 * Runs the built tests, file by file, three at a time: `node test/suite.mjs`. They watch real processes hang on a machine
 * that may be busy itself; so a file that fails is run once more, alone, and only what fails then as well is a failure.
 * Both runs are said.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const AT_A_TIME = 3;
const LONGEST_FILE_MS = 4 * 60_000;
/** Does something to processes that are not its own. */
const ALONE = join('.test', 'process', 'ps.test.js');

function testFiles() {
  const folder = join(ROOT, '.test');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  const files = names.filter((name) => name.endsWith('.test.js')).sort();
  if (files.length === 0) throw new Error('there are no built tests: run npm test first');
  return files.map((name) => join('.test', name));
}

/** Runs one file with a binary, which the tests find as `process.execPath` and as `node` on the path. */
function runFile(binary, file) {
  const args = ['--test', '--test-timeout=120000', '--test-reporter=tap', file];
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    const options = {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: LONGEST_FILE_MS,
      killSignal: 'SIGKILL',
    };
    const child = spawn(binary, args, options);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const bad = countOf(output, 'fail') + countOf(output, 'cancelled');
      const passed = countOf(output, 'pass');
      resolve({
        file,
        output,
        passed,
        skipped: countOf(output, 'skipped'),
        bad: code === 0 && passed + countOf(output, 'skipped') > 0 ? bad : Math.max(1, bad),
      });
    });
  });
}

function countOf(output, name) {
  return Number(output.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
}

/** The failed tests of a run, each with what the reporter says of it. */
function failuresOf({ file, output }) {
  const failures = output.match(/^ *not ok .*\n(?: *---\n[\s\S]*?^ *\.\.\.$)?/gm) ?? [];
  const real = failures.filter((text) => !/# (?:TODO|SKIP)/.test(text));
  return real.length > 0 ? real : [`not ok - ${file}: the run itself failed`];
}

/** Runs all files; hands every line to `say`. Returns how many tests passed, failed and were skipped in the end. */
export async function runSuite(binary, say) {
  const files = testFiles().filter((file) => file !== ALONE);
  const results = [await runFile(binary, ALONE)];
  const work = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) results.push(await runFile(binary, file));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  for (const [index, first] of results.entries()) {
    if (first.bad === 0) continue;
    say(`${first.file} failed, and is run once more, alone:`);
    for (const failure of failuresOf(first)) say(failure);
    const second = await runFile(binary, first.file);
    say(second.bad === 0 ? `${first.file} passed the second time` : `${first.file} failed again:`);
    if (second.bad > 0) for (const failure of failuresOf(second)) say(failure);
    results[index] = second;
  }
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  return { passed: sum('passed'), failed: sum('bad'), skipped: sum('skipped') };
}

/** The line that closes a run. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

if (process.argv[1] === import.meta.filename) {
  const counts = await runSuite(process.execPath, (line) => process.stdout.write(`${line}\n`));
  process.stdout.write(`${closingLine(counts)}\n`);
  if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
}
