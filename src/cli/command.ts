/** What a command of `gmr` is, and the one way to read its arguments. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { GuruError, messageOf } from '../errors.js';

/** Exit codes of `gmr`, those of a health check included. */
export const EXIT = { done: 0, failed: 1, usage: 2, unknown: 3, timedOut: 124 } as const;

/** One option: what `parseArgs` takes, the word for its value in the help, and the help. */
export interface CommandOption {
  type: 'boolean' | 'string';
  short?: string;
  /** The word for the value in the help, as in `--every TIME`. */
  value?: string;
  help: string;
}

export interface Command {
  /** What stands behind the name in the help: `FILE`, `[PID]`. */
  takes: string;
  /** One line. */
  summary: string;
  options: Readonly<Record<string, CommandOption>>;
  /** Lines under the options: exit codes, examples. */
  notes?: readonly string[];
  /** Gets the words behind the name, and returns the exit code. */
  run(words: string[]): Promise<number>;
}

/** The options as they came: a boolean or a string by name; those not given are missing. */
export type OptionValues = Readonly<Record<string, boolean | string | undefined>>;

/**
 * Reads the words of a command by its options. What stands behind `--` is no option, whatever it looks like.
 * @throws {GuruError} `GMR_USAGE`, naming the command and the word that is wrong.
 */
export function readWords(
  name: string,
  { options }: Pick<Command, 'options'>,
  words: readonly string[],
): { values: OptionValues; positionals: string[] } {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const config: ParseArgsConfig['options'] = {};
  for (const [option, { type, short }] of Object.entries(options))
    config[option] = short === undefined ? { type } : { type, short };
  try {
    const { values, positionals } = parseArgs({ args: words.slice(0, end), allowPositionals: true, options: config });
    return { values: values as OptionValues, positionals: [...positionals, ...words.slice(end + 1)] };
  } catch (cause) {
    throw new GuruError('GMR_USAGE', `${name}: ${firstSentence(messageOf(cause))}`, { cause });
  }
}

/** The whole help of one command. */
export function helpOf(name: string, { takes, summary, options, notes = [] }: Command): string {
  const rows = Object.entries(options).map(([option, { short, value, help }]) => {
    const names = `${short === undefined ? '' : `-${short}, `}--${option}${value === undefined ? '' : ` ${value}`}`;
    return [names, help] as const;
  });
  const width = Math.max(0, ...rows.map(([names]) => names.length)) + 2;
  const lines = [`Usage: gmr ${name} ${takes}`.trimEnd(), '', `${summary}.`, ''];
  for (const [names, help] of rows) lines.push(`  ${names.padEnd(width)}${help}`);
  if (notes.length > 0) lines.push(...(rows.length > 0 ? [''] : []), ...notes);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What Node says of a wrong word explains itself in its first sentence; the rest, on lines of its own too, is about `--`. */
function firstSentence(message: string): string {
  return message.split(/\.\s/)[0] ?? message;
}
