/** The options of the commands that ask for a report. */
import { GuruError } from '../errors.js';
import { OPTION_SPECS, type Options } from '../options.js';
import { escape } from '../view/escape.js';
import type { AskOptions } from './ask.js';
import type { CommandOption, OptionValues } from './command.js';

export const ASK_OPTIONS = {
  tasks: { type: 'string', value: 'MODE', help: 'on (default) or off: whether pending tasks are read' },
  'heap-scan': { type: 'string', value: 'MODE', help: 'auto, always or never, for this report' },
  deadline: { type: 'string', value: 'MS', help: 'when the report is made with what there is' },
} as const satisfies Record<string, CommandOption>;

/** @throws {GuruError} `GMR_USAGE`, naming the option, what was expected and what came. */
export function readAskOptions(
  command: string,
  values: OptionValues,
): Pick<AskOptions, 'tasks' | 'heapScan' | 'deadlineMs'> {
  const heapScan = checked<Options['heapScan']>(command, 'heap-scan', 'heapScan', values);
  const deadlineMs = checked<number>(command, 'deadline', 'deadline', values);
  return {
    tasks: readTasks(command, values['tasks']),
    ...(heapScan === undefined ? {} : { heapScan }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}

function readTasks(command: string, value: OptionValues[string]): boolean {
  if (value === undefined || value === 'on') return true;
  if (value === 'off') return false;
  throw new GuruError('GMR_USAGE', `${command}: --tasks: expected on or off, got ${escape(String(value))}`);
}

/** The option of `setup` knows what it takes. */
function checked<Value>(command: string, flag: string, name: keyof Options, values: OptionValues): Value | undefined {
  const text = values[flag];
  const option = OPTION_SPECS.find((spec) => spec.name === name);
  if (text === undefined || option === undefined) return undefined;
  const value = option.check(text) as Value | undefined;
  if (value !== undefined) return value;
  throw new GuruError('GMR_USAGE', `${command}: --${flag}: expected ${option.expected}, got ${escape(String(text))}`);
}
