/**
 * Takes secrets out of a report, wherever they are: in arguments, source lines, labels, names, notes, configuration and
 * sections. Everything that leaves the process goes through `redactReport` first. Pure: the report given stays as it was.
 */
import { MASK, redactText, type TextKind } from './redactText.js';
import { isSecretKey } from './secretKeys.js';
import type { Json, Report } from './types.js';

export { redactText, type TextKind } from './redactText.js';
export { isSecretKey } from './secretKeys.js';

/** Strings of the report's own fields that are no free text. */
const KINDS: Record<string, TextKind> = {
  source: 'code',
  file: 'place',
  function: 'place',
  id: 'place',
  host: 'place',
  root: 'place',
  by: 'place',
  requestedAt: 'place',
};
const ARGUMENTS = new Set(['argv', 'execArgv', 'command']);
/** Below these keys stand names that the application chose; elsewhere keys are the report format's own. */
const FREE = new Set(['configuration', 'data', 'labels']);

/** Programs that take a password glued to `-p`, and those for which `-p` is something else. */
const GLUED_PASSWORD =
  /^(?:mysql|mariadb|mysqldump|mysqladmin|mariadb-dump|mongo|mongosh|mongodump|sshpass|smbclient)$/;
const NO_PASSWORD = /^(?:node|nodejs|bun|deno|mkdir|cp|ssh|scp|ps|tsc|npx|npm|docker-compose)(?:\.exe)?$/;
const PORT_OR_PATH = /^\d[\d.:-]*(?:\/\w+)?$|^[./~]/;

/** A copy of the report without secrets: `***` stands for each of them, whether it was set or not. */
export function redactReport(report: Report): Report {
  const seen = new Map<string, string>();
  return redactFields(report as unknown as Json, '', (text, kind) => {
    const key = `${kind}:${text}`;
    const known = seen.get(key);
    if (known !== undefined) return known;
    const redacted = redactText(text, kind);
    if (text.length < 1000) seen.set(key, redacted);
    return redacted;
  }) as unknown as Report;
}

type Redact = (text: string, kind: TextKind) => string;

function redactFields(value: Json, field: string, redact: Redact): Json {
  if (typeof value === 'string') return redact(value, KINDS[field] ?? 'text');
  if (typeof value !== 'object' || value === null) return value;
  if (FREE.has(field)) return redactJson(value);
  if (Array.isArray(value)) {
    if (ARGUMENTS.has(field)) return redactArguments(value.map(String));
    return value.map((item) => redactFields(item, field, redact));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactFields(item, key, redact)]));
}

/**
 * A copy of any data without secrets. What stands under a key that looks secret becomes `***`, whole; so does the value in
 * `[key, value]`, in `{ name, value }`, and after a header's name or a flag in a list. Texts and keys go through `redactText`.
 */
export function redactJson(json: Json): Json {
  if (typeof json === 'string') return redactText(json);
  if (typeof json !== 'object' || json === null) return json;
  return Array.isArray(json) ? redactList(json) : redactObject(json);
}

function redactList(list: Json[]): Json[] {
  return list.map((item, index) => {
    const before = index > 0 ? list[index - 1] : undefined;
    if (typeof before !== 'string' || !isSecretKey(before)) return redactJson(item);
    const isPair = list.length === 2 && !(typeof item === 'string' && /^[A-Za-z_-]+$/.test(item) && isSecretKey(item));
    const isAnnounced = /^--?\w|^(?:proxy-)?authorization$|^(?:set-)?cookie$|^x-[\w-]+$/i.test(before);
    return isPair || isAnnounced ? MASK : redactJson(item);
  });
}

function redactObject(object: { [key: string]: Json }): Json {
  const named = [object['name'], object['key']].some((name) => typeof name === 'string' && isSecretKey(name));
  const taken = new Set<string>();
  const entries = Object.entries(object).map(([key, value]): [string, Json] => {
    const name = unused(redactText(key), taken);
    if (isSecretKey(key) || (named && key === 'value')) return [name, isDirectory(key, value) ? value : MASK];
    return [name, redactJson(value)];
  });
  return Object.fromEntries(entries);
}

function isDirectory(key: string, value: Json): boolean {
  return (
    /^(?:OLD)?PWD$/.test(key) &&
    typeof value === 'string' &&
    /^(?:\/|[A-Za-z]:\\)/.test(value) &&
    redactText(value) === value
  );
}

/** Two keys may become the same when they are redacted; none is lost. */
function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} (${number})`;
  taken.add(free);
  return free;
}

/**
 * A command line without secrets: `--password x`, `--password=x`, `PASSWORD=x`, `-u user:x`, `-p x`. As `-p` is a port or a
 * path more often than a password, its value stays where it looks like one, or where the program takes no password.
 */
export function redactArguments(list: readonly string[]): string[] {
  const program = (list[0] ?? '').replace(/^.*[/\\]/, '');
  return list.map((argument, index) => {
    const before = index > 0 ? (list[index - 1] ?? '') : '';
    if (/^--?[A-Za-z][\w.-]*$/.test(before) && isSecretKey(before))
      return /^--[a-z]/.test(argument) ? redactArgument(argument, program) : MASK;
    if (before === '-p' && !PORT_OR_PATH.test(argument) && !isOwnFlag(program, list.slice(1, index - 1))) return MASK;
    if (/^(?:-u|--user|--proxy-user)$/.test(before) && /^[^:]+:./.test(argument))
      return argument.replace(/:.*$/s, `:${MASK}`);
    return redactArgument(argument, program);
  });
}

/** Whether `-p` is for the program itself: after a script's name it is for the script. */
function isOwnFlag(program: string, before: readonly string[]): boolean {
  return NO_PASSWORD.test(program) && before.every((argument) => argument.startsWith('-'));
}

function redactArgument(argument: string, program: string): string {
  const [, key, separator] = /^((?:--?)?[A-Za-z_][\w.-]*)(=)/.exec(argument) ?? [];
  if (key !== undefined && separator !== undefined && isSecretKey(key)) return `${key}=${MASK}`;
  if (GLUED_PASSWORD.test(program) && /^-p./.test(argument)) return `-p${MASK}`;
  return redactText(argument);
}
