/** Where a process opens its inspector, by its own flags: `--inspect`, `--inspect-port` and their kin (`node --help`). */
import type { Target } from './target.js';

export interface DebugPort {
  host: string;
  /** 0 for any that is free. */
  port: number;
  /** Whether a flag opened it at the start. */
  isOpenFromStart: boolean;
}

const DEFAULT: DebugPort = { host: '127.0.0.1', port: 9229, isOpenFromStart: false };
const OPENS = /^--inspect(?:-brk|-wait)?$/;
const NAMES = /^--(?:inspect-port|debug-port)$/;

/** The last flag of each kind counts; flags of the command line stand behind those of `NODE_OPTIONS`. */
export function debugPortOf({ command, environment }: Pick<Target, 'command' | 'environment'>): DebugPort {
  const found = { ...DEFAULT };
  const flags = [...(environment['NODE_OPTIONS'] ?? '').split(/\s+/), ...flagsOf(command)];
  for (const [index, flag] of flags.entries()) {
    const [, name = '', glued] = /^(--[\w-]+)(?:=(.*))?$/.exec(flag) ?? [];
    if (OPENS.test(name)) found.isOpenFromStart = true;
    if (OPENS.test(name)) Object.assign(found, placeOf(glued));
    if (NAMES.test(name)) Object.assign(found, placeOf(glued ?? flags[index + 1]));
  }
  return found;
}

/** Node's own flags end where its script begins; their values may stand apart, and look like one. */
function flagsOf(command: readonly string[]): string[] {
  const end = command.findIndex((word, index) => index > 0 && !word.startsWith('-') && !isValue(command[index - 1]));
  return command.slice(1, end < 0 ? undefined : end);
}

function isValue(before: string | undefined): boolean {
  return /^(?:-[rC]|--(?:require|import|loader|experimental-loader|conditions|inspect-port|debug-port))$/.test(
    before ?? '',
  );
}

function placeOf(text: string | undefined): Partial<DebugPort> {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(text ?? '') ?? [];
  if (port !== undefined) return host === undefined ? { port: Number(port) } : { host: bare(host), port: Number(port) };
  return text === undefined || text === '' || text.startsWith('-') ? {} : { host: bare(text) };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
