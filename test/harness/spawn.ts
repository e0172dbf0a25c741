/** Runs misbehaving programs as real processes, with and without the preload; every wait is bounded, no process is left. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { after } from 'node:test';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '../../src/report/types.js';
import { ReportReader } from './reports.js';
import { assertValid } from './schema.js';

/** Tests are run from the repository's root, against the built package. */
export const ROOT = process.cwd();
export const REGISTER = join(ROOT, 'dist/register.cjs');
export const FIXTURES = join(ROOT, 'test/fixtures');

export interface FixtureOptions {
  /** The Node binary; default this one, so that the suite runs on each line. */
  node?: string;
  args?: readonly string[];
  /** A command that in the end runs, with the same process id, the command line it is given, such as `unshare -m`. */
  through?: readonly string[];
  /** Node's own flags, after the preload's. */
  execArgv?: readonly string[];
  /** Added to this process's environment, from which everything of ours and of Node's is taken out. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** What it reads from stdin; null keeps that open for the test, and without it stdin is empty. */
  input?: string | null;
  /** How the package gets into the process. Default `require`. */
  preload?: 'require' | 'import' | 'none' | 'NODE_OPTIONS';
  /** How code that is no file is run: by `--eval` as CommonJS (default) or as a module. */
  inputType?: 'commonjs' | 'module';
  /** The bound of every wait, in ms. Default 10000. */
  timeoutMs?: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Fixture {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Waits for a line `ready` on stdout. */
  ready(): Promise<void>;
  /** Waits for a line of stdout or stderr that matches. */
  line(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Waits for the next complete JSON report on stderr (`GMR_FORMAT=json`), which must be valid by the schema. */
  report(): Promise<Report>;
  /** Waits for the next complete text report on stderr, from its head to its end line. */
  textReport(): Promise<string>;
  /** Waits until it ends by itself and its output is complete. */
  exited(): Promise<Exit>;
  /** Ends it, in any case, and waits for that. */
  stop(): Promise<Exit>;
}

const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
});
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a fixture: a file (absolute, or the name of one in `test/fixtures`), or code. */
export function spawnFixture(fileOrCode: string, options: FixtureOptions = {}): Fixture {
  const command = [...(options.through ?? []), options.node ?? process.execPath, ...commandOf(fileOrCode, options)];
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: options.cwd ?? ROOT,
    env: environmentOf(options),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {});
  if (options.input !== null) child.stdin?.end(options.input);
  return watch(child, options.timeoutMs ?? 10_000);
}

const WARNINGS =
  /^\(node:\d+\)|^\(Use `?node|Warning: |^Debugger (?:listening|attached)|Waiting for the debugger|^# Fatal error|^FATAL ERROR/;

/** Fails on any warning that Node itself prints, such as a deprecation or an inspector's notice. */
export function assertQuiet(stderr: string): void {
  const loud = stderr.split('\n').filter((text) => WARNINGS.test(text));
  assert.deepEqual(loud, [], 'Node printed a warning');
}

function commandOf(fileOrCode: string, options: FixtureOptions): string[] {
  const preloads = {
    require: ['--require', REGISTER],
    import: ['--import', `file://${REGISTER}`],
    none: [],
    NODE_OPTIONS: [],
  };
  const flags = [...preloads[options.preload ?? 'require'], ...(options.execArgv ?? [])];
  const args = options.args ?? [];
  if (/^\S+\.[cm]?js$/.test(fileOrCode)) {
    return [...flags, fileOrCode.startsWith('/') ? fileOrCode : join(FIXTURES, fileOrCode), ...args];
  }
  return [...flags, `--input-type=${options.inputType ?? 'commonjs'}`, '--eval', fileOrCode, '--', ...args];
}

function environmentOf(options: FixtureOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:GMR|NODE)(?:_|$)/.test(name));
  const preload = options.preload === 'NODE_OPTIONS' ? { NODE_OPTIONS: `--require ${JSON.stringify(REGISTER)}` } : {};
  return { ...Object.fromEntries(inherited), ...preload, ...options.env };
}

function watch(child: ChildProcess, timeoutMs: number): Fixture {
  const output = { stdout: '', stderr: '' };
  const reader = new ReportReader();
  let exit: Exit | null = null;
  let failure: Error | null = null;
  running.add(child);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
    reader.add(text);
  });
  child.once('error', (error) => (failure = error));
  child.once('close', (code, signal) => {
    exit = { code, signal };
    running.delete(child);
  });

  const shown = (): string => `stdout: ${tail(output.stdout)}\nstderr: ${tail(output.stderr)}`;
  const reasonToGiveUp = (orExit: boolean, end: number): string | null => {
    if (failure !== null) return String(failure);
    if (exit !== null && orExit) return `it ended (${JSON.stringify(exit)})`;
    return performance.now() > end ? `${timeoutMs} ms passed` : null;
  };
  /** Polls: that is the same for lines, reports and exits, and a test's program has other clocks to care about. */
  const until = async <Value>(what: string, look: () => Value | null, orExit: boolean): Promise<Value> => {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const value = look();
      if (value !== null) return value;
      const why = reasonToGiveUp(orExit, end);
      if (why !== null) throw new Error(`no ${what}: ${why}\n${shown()}`);
      await delay(5);
    }
  };
  const findLine = (pattern: RegExp): string | null =>
    `${output.stdout}\n${output.stderr}`.split('\n').find((candidate) => pattern.test(candidate)) ?? null;
  const exited = (): Promise<Exit> => until('exit', () => exit, false);
  return {
    process: child,
    pid: child.pid ?? -1,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    ready: async () => void (await until('line "ready"', () => (/^ready$/m.test(output.stdout) ? true : null), true)),
    line: (pattern) => until(`line ${pattern}`, () => findLine(pattern), true),
    signal: (name) => void child.kill(name),
    report: async () => {
      const report = await until('JSON report', () => reader.nextJson(), true);
      assertValid(report);
      return report;
    },
    textReport: () => until('text report', () => reader.nextText(), true),
    exited,
    stop: () => {
      child.kill('SIGKILL');
      return exited();
    },
  };
}

function tail(text: string): string {
  return text.length > 4000 ? `… ${text.slice(-4000)}` : text;
}
