/**
 * A measured process: told what to do by lines on its stdin, it answers with one line of JSON each on descriptor 3, which
 * nothing else writes to. Every wait is bounded, and no process outlives the run.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onCore } from './cores.mjs';

const ANSWER_WITHIN_MS = 300_000;
const SHOWN_OF_STDERR = 2000;

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** This process's environment without what would change a measured one. */
function environment(added) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:GMR|NODE|npm)_?/.test(name));
  return { ...Object.fromEntries(inherited), ...added };
}

export class Program {
  #child;
  #answers = [];
  #waiting = null;
  #stderr = '';
  #end = null;

  /** @param command - `node`, its `flags`, the `file`, what it is given as `args` and `env`, and the `core` it stays on (null: any) */
  constructor({ node, flags = [], file, args = [], env = {}, core = null }) {
    const [program, ...words] = onCore(core, [node, ...flags, file, ...args.map(String)]);
    this.#child = spawn(program, words, {
      env: environment(env),
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.#child.stdin.on('error', () => {}); // It ended: the wait for its answer says so.
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-SHOWN_OF_STDERR);
    });
    createInterface({ input: this.#child.stdio[3] }).on('line', (line) => {
      this.#answers.push(JSON.parse(line));
      this.#waiting?.();
    });
    this.#child.once('error', (error) => this.#ended(String(error)));
    this.#child.once('close', (code, signal) => this.#ended(`it ended (${code ?? signal})`));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Tells it a command and returns its answer. @throws when it fails, ends or does not answer in time */
  ask(command, argument = null) {
    this.#child.stdin.write(`${JSON.stringify([command, argument])}\n`);
    return this.answer();
  }

  /** Its next answer; the first one, without a question, is that it is ready. */
  async answer() {
    const until = performance.now() + ANSWER_WITHIN_MS;
    while (this.#answers.length === 0 && this.#end === null && performance.now() < until) await this.#change(until);
    if (this.#answers.length === 0) {
      const why = this.#end ?? `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
      throw new Error(`a measured process failed: ${why}\n${this.#stderr}`);
    }
    const answer = this.#answers.shift();
    if (answer?.error !== undefined) throw new Error(`a measured process failed: ${answer.error}`);
    return answer;
  }

  /** Ends it, and waits for that. */
  async stop() {
    this.#child.kill('SIGKILL');
    while (this.#end === null) await this.#change(performance.now() + 1000);
  }

  #change(until) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, until - performance.now());
      this.#waiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ended(how) {
    running.delete(this.#child);
    this.#end ??= how;
    this.#waiting?.();
  }
}

/** Starts programs, has `use` work with them when all are ready, and ends them in any case. */
export async function withPrograms(commands, use) {
  const programs = commands.map((command) => new Program(command));
  try {
    const ready = await Promise.all(programs.map((program) => program.answer()));
    return await use(programs, ready);
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
}
