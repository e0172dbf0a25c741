/** The options in force: what `setup` was given, the environment and the defaults, each value checked. */
import { messageOf, OptionError } from './errors.js';
import { OPTION_SPECS, type Options, type OptionSpec, type SetupOptions } from './options.js';

/**
 * The options in force from what `setup` was given and the environment; the environment wins, because on call it is what
 * one can change. `warnings` has a line for each bad variable, which then counts as not set.
 * @throws {OptionError} for a bad or unknown `setup` option; for a bad variable only under `GMR_STRICT=1`.
 */
export function resolveOptions(
  given: SetupOptions,
  environment: Record<string, string | undefined>,
): { options: Options; warnings: string[] } {
  const warnings: string[] = [];
  const resolved: Record<string, unknown> = {};
  rejectUnknown(given);
  for (const option of OPTION_SPECS) {
    const candidates = [fromEnvironment(option, environment, warnings), fromSetup(option, given), option.initial];
    resolved[option.name] = candidates.find((value) => value !== undefined);
  }
  const options = resolved as unknown as Options;
  if (options.format.length > 1 && options.logDir === null) {
    warnings.push(
      `format: several formats (${options.format.join(', ')}) need a log directory; only ${options.format[0]} goes to stderr`,
    );
    options.format = options.format.slice(0, 1);
  }
  return { options, warnings };
}

function rejectUnknown(given: SetupOptions): void {
  if (typeof given !== 'object' || given === null) throw new OptionError('setup', 'an object of options', given);
  for (const name of Object.keys(given)) {
    if (OPTION_SPECS.some((option) => option.name === name)) continue;
    throw new OptionError('setup', `one of the options ${OPTION_SPECS.map((option) => option.name).join(', ')}`, name);
  }
}

function fromSetup(option: OptionSpec, given: SetupOptions): unknown {
  const value = given[option.name];
  if (value === undefined) return undefined;
  const checked = option.check(value);
  if (checked === undefined) throw new OptionError(option.name, option.expected, value);
  return checked;
}

function fromEnvironment(
  option: OptionSpec,
  environment: Record<string, string | undefined>,
  warnings: string[],
): unknown {
  const text = option.variable === null ? undefined : environment[option.variable];
  if (option.variable === null || text === undefined || text === '') return undefined;
  const checked = option.check(text);
  if (checked !== undefined) return checked;
  const error = new OptionError(option.variable, option.expected, text);
  if (environment['GMR_STRICT'] === '1') throw error;
  warnings.push(`${messageOf(error)}; the default is used`);
  return undefined;
}
