/** Every option once: name, environment variable, default, check and help text. */
import {
  callback,
  configuration,
  flag,
  FORMATS_LISTED,
  formats,
  maybe,
  nonEmpty,
  oneOf,
  payload,
  prefix,
  signals,
  version,
  whole,
  words,
  type Format,
  type PackageNames,
} from './optionChecks.js';
import type { Report, TasksMode } from './report/types.js';

export type { Format };

/** What `setup` takes. All of it is optional; an environment variable of the same option wins over it. */
export interface SetupOptions {
  /** Trigger: a signal's name, several, or `false` (also `'none'`) for no signal. Default `SIGUSR2`. */
  signal?: string | readonly string[] | false;
  /** Directory for report files; without it reports go to stderr. */
  logDir?: string;
  /** One format, or several with a `logDir`. Default `text`. */
  format?: Format | readonly Format[];
  /** Sections to print, by title; a name with `-` in front leaves that one out. Default all. */
  sections?: string | readonly string[];
  /** Shown in the report and in its file's name. Default: the application's package name, else its main script. */
  serviceName?: string;
  /** The application's version. Default: that of its package.json. */
  version?: string | { vendor?: string; product?: string; version?: string };
  /** What Configuration shows: an object, a function that returns one, a convict or node-config instance. */
  config?: unknown;
  /** How long ports may take before the other lanes are tried, in ms. Default 50. */
  grace?: number;
  /** When a report is made with what there is, in ms. Default 1000. */
  deadline?: number;
  /** Which tasks are tracked. Default `on`. */
  tasks?: TasksMode;
  /** Whether pending promises are looked for by walking the heap. Default `auto`. */
  heapScan?: 'auto' | 'always' | 'never';
  /** Report by itself when a thread has not turned its loop for this long, in ms; `false` for never, the default. */
  watchdog?: number | false;
  /** At most one watchdog report in this time, in ms. Default 30000. */
  watchdogInterval?: number;
  /** A path; touching it triggers a report. */
  fileEventHandler?: string;
  /** How often that path is looked at, in ms. Default 1000. */
  fileEventHandlerInterval?: number;
  /** How many report files of this service stay in `logDir`. Default 100. */
  keep?: number;
  /** When the sentinel thread is started. Default `eager`. */
  sentinel?: 'eager' | 'lazy' | 'off';
  /** How often a thread marks that its loop turned, in ms; `false` for never. Default 250. */
  heartbeat?: number | false;
  /** Gets each report. It never runs while main is hung. */
  onReport?: (report: Report) => void;
  /** A report at an uncaught exception. Default false. */
  onCrash?: boolean;
  /** Names of environment variables that Configuration may show. Default none. */
  environment?: readonly string[] | string;
  /** How many bytes of a pool task's payload may be shown, redacted. Default 0. */
  taskPayload?: number;
  /**
   * Whether the path that a blocked call waits for, and the descriptors it polls, are read from this process's own memory
   * (`/proc/self/mem`, Linux). Without it a report still names the call. Default true.
   */
  readMemory?: boolean;
  /** Put in front of every line of a report, for collectors that mix processes. */
  linePrefix?: string;
}

/** The options in force: every default filled in, every value checked. */
export interface Options {
  signal: string[];
  logDir: string | null;
  format: Format[];
  sections: string[];
  serviceName: string | null;
  version: PackageNames;
  config: unknown;
  grace: number;
  deadline: number;
  tasks: TasksMode;
  heapScan: 'auto' | 'always' | 'never';
  watchdog: number | null;
  watchdogInterval: number;
  fileEventHandler: string | null;
  fileEventHandlerInterval: number;
  keep: number;
  sentinel: 'eager' | 'lazy' | 'off';
  heartbeat: number | null;
  onReport: ((report: Report) => void) | null;
  onCrash: boolean;
  environment: string[];
  taskPayload: number;
  readMemory: boolean;
  linePrefix: string;
}

export interface OptionSpec<Name extends keyof Options = keyof Options> {
  name: Name;
  variable: string | null;
  initial: Options[Name];
  help: string;
  /** What the error message says was expected. */
  expected: string;
  /** The checked value; `undefined` when it is not what was expected. Text from a variable goes through the same check. */
  check(value: unknown): Options[Name] | undefined;
}

function spec<Name extends keyof Options>(entry: OptionSpec<Name>): OptionSpec {
  return entry as unknown as OptionSpec;
}

/** All options, in the order in which help shows them. */
export const OPTION_SPECS: readonly OptionSpec[] = [
  spec({
    name: 'signal',
    variable: 'GMR_SIGNAL',
    initial: ['SIGUSR2'],
    help: 'the signal that asks for a report',
    expected: 'a signal name such as SIGUSR2, several, or none',
    check: signals,
  }),
  spec({
    name: 'logDir',
    variable: 'GMR_LOG_DIR',
    initial: null,
    help: 'write report files there instead of stderr',
    expected: 'a path',
    check: nonEmpty,
  }),
  spec({
    name: 'format',
    variable: 'GMR_FORMAT',
    initial: ['text'],
    help: `${FORMATS_LISTED}; several with a log directory`,
    expected: `${FORMATS_LISTED}, or several`,
    check: formats,
  }),
  spec({
    name: 'sections',
    variable: 'GMR_SECTIONS',
    initial: [],
    help: 'which sections to print; -name leaves one out',
    expected: 'section names',
    check: words,
  }),
  spec({
    name: 'serviceName',
    variable: 'GMR_SERVICE_NAME',
    initial: null,
    help: 'the name in the report and in file names',
    expected: 'a non-empty string',
    check: nonEmpty,
  }),
  spec({
    name: 'version',
    variable: null,
    initial: { vendor: null, product: null, version: null },
    help: "the application's version",
    expected: 'a string or { vendor, product, version }',
    check: version,
  }),
  spec({
    name: 'config',
    variable: null,
    initial: null,
    help: 'what the section Configuration shows',
    expected: 'an object or a function',
    check: configuration,
  }),
  spec({
    name: 'grace',
    variable: 'GMR_GRACE_MS',
    initial: 50,
    help: 'how long ports may take before other lanes are tried, ms',
    expected: 'a whole number of ms from 1 to 60000',
    check: whole(1, 60_000),
  }),
  spec({
    name: 'deadline',
    variable: 'GMR_DEADLINE_MS',
    initial: 1000,
    help: 'when a report is made with what there is, ms',
    expected: 'a whole number of ms from 50 to 600000',
    check: whole(50, 600_000),
  }),
  spec({
    name: 'tasks',
    variable: 'GMR_TASKS',
    initial: 'on',
    help: 'which tasks are tracked: off, handles, on, full',
    expected: 'off, handles, on or full',
    check: oneOf(['off', 'handles', 'on', 'full'] as const),
  }),
  spec({
    name: 'heapScan',
    variable: 'GMR_HEAP_SCAN',
    initial: 'auto',
    help: 'look for pending promises in the heap: auto, always, never',
    expected: 'auto, always or never',
    check: oneOf(['auto', 'always', 'never'] as const),
  }),
  spec({
    name: 'watchdog',
    variable: 'GMR_WATCHDOG_MS',
    initial: null,
    help: 'report by itself when a loop has not turned this long, ms',
    expected: 'a whole number of ms from 500, or false',
    check: maybe(whole(500, 86_400_000)),
  }),
  spec({
    name: 'watchdogInterval',
    variable: 'GMR_WATCHDOG_INTERVAL_MS',
    initial: 30_000,
    help: 'at most one watchdog report in this time, ms',
    expected: 'a whole number of ms',
    check: whole(0, 86_400_000),
  }),
  spec({
    name: 'fileEventHandler',
    variable: 'GMR_FILE_EVENT_HANDLER',
    initial: null,
    help: 'touching this path triggers a report',
    expected: 'a path',
    check: nonEmpty,
  }),
  spec({
    name: 'fileEventHandlerInterval',
    variable: 'GMR_FILE_EVENT_HANDLER_INTERVAL_MS',
    initial: 1000,
    help: 'how often that path is looked at, ms',
    expected: 'a whole number of ms from 10',
    check: whole(10, 3_600_000),
  }),
  spec({
    name: 'keep',
    variable: 'GMR_KEEP',
    initial: 100,
    help: 'report files kept in the log directory',
    expected: 'a whole number from 1',
    check: whole(1, 1_000_000),
  }),
  spec({
    name: 'sentinel',
    variable: 'GMR_SENTINEL',
    initial: 'eager',
    help: 'when the sentinel thread starts: eager, lazy, off',
    expected: 'eager, lazy or off',
    check: oneOf(['eager', 'lazy', 'off'] as const),
  }),
  spec({
    name: 'heartbeat',
    variable: 'GMR_HEARTBEAT_MS',
    initial: 250,
    help: 'how often a thread marks that its loop turned, ms, or off',
    expected: 'a whole number of ms from 10, or off',
    check: maybe(whole(10, 60_000)),
  }),
  spec({
    name: 'onReport',
    variable: null,
    initial: null,
    help: 'a function that gets each report',
    expected: 'a function',
    check: callback,
  }),
  spec({
    name: 'onCrash',
    variable: 'GMR_ON_CRASH',
    initial: false,
    help: 'a report at an uncaught exception',
    expected: 'true or false',
    check: flag,
  }),
  spec({
    name: 'environment',
    variable: 'GMR_ENVIRONMENT',
    initial: [],
    help: 'environment variables that may be shown',
    expected: 'names of environment variables',
    check: words,
  }),
  spec({
    name: 'taskPayload',
    variable: 'GMR_TASK_PAYLOAD',
    initial: 0,
    help: "bytes of a pool task's payload to show",
    expected: 'a whole number of bytes, or off',
    check: payload,
  }),
  spec({
    name: 'readMemory',
    variable: 'GMR_READ_MEMORY',
    initial: true,
    help: "read a blocked call's path from the process's own memory",
    expected: 'true or false',
    check: flag,
  }),
  spec({
    name: 'linePrefix',
    variable: 'GMR_LINE_PREFIX',
    initial: '',
    help: 'put in front of every line',
    expected: 'a string without line breaks',
    check: prefix,
  }),
];
