/** The environment of a program that is started with the preload. */
import { GuruError } from '../../errors.js';
import { OPTION_SPECS } from '../../options.js';
import type { CommandOption, OptionValues } from '../command.js';

/** Set in the program and all that comes of it, so that what lost its parent is known as well. */
export const RUN_VARIABLE = 'GMR_RUN';

/**
 * What programs are asked by where nobody chose: test runners and their tools listen to SIGUSR2 themselves, nobody listens to
 * this one, and where nobody listens it does nothing at all.
 */
const SIGNAL = 'SIGURG';

/** The options of `setup` that have a variable, as options of the command: `logDir` is `--log-dir`. */
export function setupOptions(): Record<string, CommandOption> {
  const entries = OPTION_SPECS.flatMap(({ name, variable, help }): [string, CommandOption][] =>
    variable === null ? [] : [[flagOf(name), { type: 'string', value: 'VALUE', help: `${help} (${variable})` }]],
  );
  return Object.fromEntries(entries);
}

/**
 * What is added to the environment: the preload, what the options say, and the mark of this run.
 * @throws {GuruError} `GMR_USAGE` for an option that is not what it must be.
 */
export function addedEnvironment(
  values: OptionValues,
  register: string,
  mark: string,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  const added: Record<string, string> = {
    NODE_OPTIONS: withPreload(environment['NODE_OPTIONS'] ?? '', register),
    [RUN_VARIABLE]: mark,
  };
  if ((environment['GMR_SIGNAL'] ?? '') === '') added['GMR_SIGNAL'] = SIGNAL;
  for (const { name, variable, expected, check } of OPTION_SPECS) {
    const value = values[flagOf(name)];
    if (variable === null || typeof value !== 'string') continue;
    if (check(value) === undefined)
      throw new GuruError('GMR_USAGE', `run: --${flagOf(name)}: expected ${expected}, got ${JSON.stringify(value)}`);
    added[variable] = value;
  }
  return added;
}

/** What NODE_OPTIONS has, and the preload once. Node.js splits at spaces, but not in quotes, in which `\` escapes. */
export function withPreload(nodeOptions: string, register: string): string {
  const quoted = /[\s"\\]/.test(register) ? `"${register.replaceAll(/["\\]/g, String.raw`\$&`)}"` : register;
  const preload = `--require=${quoted}`;
  if (nodeOptions.includes(preload)) return nodeOptions;
  return nodeOptions.trim() === '' ? preload : `${nodeOptions} ${preload}`;
}

function flagOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
