/** `gmr run -- COMMAND`: starts anything with the preload; when its time is up, tells what it hangs on, and ends it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { join } from 'node:path';
import { GuruError, messageOf } from '../errors.js';
import { packageFolder } from '../packageFolder.js';
import { duration } from '../view/amounts.js';
import { EXIT, readWords, type Command, type OptionValues } from './command.js';
import { printNotice } from './printText.js';
import { requireProcfs } from './procfs.js';
import { addedEnvironment, setupOptions } from './run/environment.js';
import { tellAll, type Telling } from './run/tellAll.js';
import { endTree, type Tree } from './run/tree.js';
import { readTime } from './values.js';

/** How long the processes may take to end by SIGTERM, ms: test runners write what they have, then. */
const END_GRACE_MS = 5000;

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGINT'] as const;

/** As shells count them: a command that a signal ended. */
const BY_SIGNAL = 128;

export const run: Command = {
  takes: '[OPTIONS] -- COMMAND...',
  summary: 'Start a program with the preload; when its time is up, tell what it hangs on, and end it',
  options: {
    timeout: { type: 'string', value: 'TIME', help: '90, 90s, 10m or 1h; without it the program may take forever' },
    github: { type: 'boolean', help: "annotations on stdout, and the job's summary ($GITHUB_STEP_SUMMARY)" },
    markdown: { type: 'string', value: 'FILE', help: 'add a summary in Markdown to this file' },
    html: { type: 'string', value: 'FOLDER', help: 'write an HTML page a process into this folder' },
    ...setupOptions(),
  },
  notes: [
    'Stdio, signals and the exit code are those of the program (128 and its number for a signal); 124 when time ran out.',
    'SIGUSR2 to gmr itself tells of all its processes and ends none. For example:',
    '  gmr run --timeout 10m --github -- npx vitest run',
  ],
  run: runCommand,
};

async function runCommand(words: string[]): Promise<number> {
  const { values, positionals } = readWords('run', run, words);
  const [file, ...args] = positionals;
  if (file === undefined) throw new GuruError('GMR_USAGE', 'run: expected a command behind --, got none');
  const { timeout } = values;
  const timeoutMs = typeof timeout === 'string' ? readTime('run: --timeout', timeout) : null;
  if (timeoutMs !== null) requireProcfs();
  const mark = randomBytes(8).toString('hex');
  const added = addedEnvironment(values, registerFile(), mark, process.env);
  const child = await started(file, args, added);
  return follow(child, { pid: child.pid ?? 0, mark }, timeoutMs, tellingOf(values));
}

/** @throws {GuruError} `GMR_USAGE` for a command that cannot be started. */
async function started(file: string, args: string[], added: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...added } });
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child));
    child.once('error', (cause) =>
      reject(
        new GuruError('GMR_USAGE', `run: ${JSON.stringify(file)} cannot be started: ${messageOf(cause)}`, { cause }),
      ),
    );
  });
}

/** Waits for the program's end or for its time to be up, and gives the exit code. */
async function follow(child: ChildProcess, tree: Tree, timeoutMs: number | null, telling: Telling): Promise<number> {
  for (const signal of FORWARDED) process.on(signal, () => forward(child, signal));
  process.on(
    'SIGUSR2',
    () => void tellAll(tree, 'asked by SIGUSR2', { isForGithub: false, markdown: null, html: null }),
  );
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(code ?? BY_SIGNAL + (signal === null ? 0 : constants.signals[signal])),
    );
  });
  if (timeoutMs === null) return exited;
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), timeoutMs)));
  const code = await Promise.race([exited, timedOut]);
  clearTimeout(timer);
  if (code !== null) return code;
  await tellAll(tree, `time is up after ${duration(timeoutMs)}`, telling);
  const ended = await endTree(tree, END_GRACE_MS);
  printNotice(`gmr: ended ${ended} ${ended === 1 ? 'process' : 'processes'}`);
  child.unref();
  return EXIT.timedOut;
}

/** Ctrl-C reaches the program by the terminal itself; what is sent to us alone is handed on. */
function forward(child: ChildProcess, signal: NodeJS.Signals): void {
  const isFromTerminal = (signal === 'SIGINT' || signal === 'SIGQUIT') && process.stdin.isTTY;
  if (!isFromTerminal) child.kill(signal);
}

function tellingOf(values: OptionValues): Telling {
  const { github, markdown, html } = values;
  const summary = github === true ? (process.env['GITHUB_STEP_SUMMARY'] ?? '') : '';
  return {
    isForGithub: github === true,
    markdown: typeof markdown === 'string' ? markdown : summary === '' ? null : summary,
    html: typeof html === 'string' ? html : null,
  };
}

/** Absolute, so that it resolves from wherever the program's processes run. */
function registerFile(): string {
  const folder = packageFolder();
  if (folder === null) throw new GuruError('GMR_INSTALL', 'run: it is not known where this package is');
  return join(folder, 'register.cjs');
}
