/** Runs the built `gmr` beside the test, so that its fixtures go on, bounded. */
import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { join } from 'node:path';
import { ROOT } from './spawn.js';

export const GMR = join(ROOT, 'dist/gmr.js');
const LONGEST_MS = 60_000;

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  /** Runs as this user; only root may. */
  uid?: number;
  /** A command that in the end runs the command line it is given, such as `sh -c 'umask 777; exec "$@"' sh`. */
  through?: readonly string[];
  /** Gets what it has written to stderr so far. */
  onStderr?: (text: string) => void;
}

export interface RunningCommand {
  ended: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

const running = new Set<() => void>();
after(() => {
  for (const end of running) end();
});

export function gmr(words: readonly (string | number)[], options: CommandOptions = {}): Promise<Outcome> {
  return startGmr(words, options).ended;
}

export function startGmr(words: readonly (string | number)[], options: CommandOptions = {}): RunningCommand {
  const plain = Object.entries(process.env).filter(([name]) => !/^(?:GMR|NODE|FORCE_COLOR|NO_COLOR)(?:_|$)/.test(name));
  const [file = '', ...rest] = [...(options.through ?? []), process.execPath, GMR, ...words.map(String)];
  const child = spawn(file, rest, {
    env: { ...Object.fromEntries(plain), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  const end = (): void => void child.kill('SIGKILL');
  running.add(end);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
    options.onStderr?.(output.stderr);
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(end);
      resolve({ code, signal, ...output });
    });
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}
