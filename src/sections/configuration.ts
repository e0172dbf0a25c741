/**
 * What the section Configuration shows, by group. Each source is a function of its own: the application's `config` may only
 * be called on its own thread and never inside an interrupt; the others can be read anywhere.
 */
import { types } from 'node:util';
import { messageOf } from '../errors.js';
import type { Options } from '../options.js';
import type { Json } from '../report/types.js';
import { toJson } from './printable.js';

export type Configuration = Record<string, Json>;

const MASK = '***';

/** What is used of a convict instance (https://github.com/mozilla/node-convict). */
interface Convict {
  getSchema(): unknown;
  getProperties(): unknown;
}

/**
 * The application's configuration: groups are its top-level keys that hold objects, everything else stands under `default`;
 * sorted. Runs application code (a function, getters), on the calling thread. Never throws: what fails says so in its place.
 * @param config a plain object, a function that returns one, a convict instance or node-config's module; null for none.
 */
export function readConfiguration(config: unknown): Configuration {
  try {
    const value: unknown = exported(typeof config === 'function' ? Reflect.apply(config, undefined, []) : config);
    if (value === null || value === undefined)
      return typeof config === 'function' ? failed('the function returned nothing') : {};
    if (isThenable(value)) return failed('the function returned a promise; a report cannot wait for it');
    return grouped(propertiesOf(value));
  } catch (error) {
    return failed(typeof config === 'function' ? `the function threw: ${messageOf(error)}` : messageOf(error));
  }
}

/** The documentation of each option of a convict instance, by its dotted path; empty for any other configuration. */
export function readConfigurationDocs(config: unknown): Record<string, string> {
  const docs: Record<string, string> = {};
  try {
    const value = exported(config);
    if (isConvict(value))
      walkSchema(
        value.getSchema(),
        [],
        (path, rule) => typeof rule['doc'] === 'string' && (docs[path.join('.')] = rule['doc']),
      );
  } catch {
    return docs;
  }
  return docs;
}

/** What this package itself was told, as the group `guru-meditation`. */
export function readOwnOptions(options: Options): Configuration {
  const own = Object.entries({ ...options }).map(([name, value]): [string, Json] => [
    name,
    name === 'config' ? describe(value) : toJson(value),
  ]);
  return { 'guru-meditation': sorted(Object.fromEntries(own)) };
}

/** The runtime's own options, as the group `node`. `NODE_OPTIONS` is null where it is not set. */
export function readNodeOptions(
  execArgv: readonly string[],
  environment: Record<string, string | undefined>,
): Configuration {
  return { node: { NODE_OPTIONS: environment['NODE_OPTIONS'] ?? null, execArgv: [...execArgv] } };
}

/** The named environment variables and no others, as the group `environment`; null for one that is not set. */
export function readEnvironment(
  names: readonly string[],
  environment: Record<string, string | undefined>,
): Configuration {
  if (names.length === 0) return {};
  const shown = [...new Set(names)].sort().map((name): [string, Json] => [name, environment[name] ?? null]);
  return { environment: Object.fromEntries(shown) };
}

function failed(error: string): Configuration {
  return { default: { error } };
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** What `import * as config` and `await import('config')` give is the module around the configuration. */
function exported(value: unknown): unknown {
  if (!types.isModuleNamespaceObject(value)) return value;
  const module = value as Record<string, unknown>;
  const names = Object.keys(module).filter((name) => name !== 'module.exports'); // Newer lines of Node have both.
  return names.join() === 'default' && typeof module['default'] === 'object' ? module['default'] : value;
}

function isConvict(value: unknown): value is Convict {
  const candidate = value as Partial<Convict> | null;
  return (
    typeof candidate === 'object' &&
    typeof candidate?.getSchema === 'function' &&
    typeof candidate.getProperties === 'function'
  );
}

function propertiesOf(value: unknown): Json {
  if (isConvict(value)) return convictProperties(value);
  const tools = (value as { util?: { toObject?: unknown } }).util;
  // Given the value, since each part of the configuration has the tools of the whole.
  if (typeof tools?.toObject === 'function') return toJson(Reflect.apply(tools.toObject, tools, [value]));
  return toJson(value);
}

/** The properties, with those that the schema calls sensitive masked, set or not. */
function convictProperties(convict: Convict): Json {
  const properties = toJson(convict.getProperties());
  walkSchema(convict.getSchema(), [], (path, rule) => {
    if (rule['sensitive'] === true) mask(properties, path);
  });
  return properties;
}

type Rule = Record<string, unknown>;

/** Calls `visit` for each option of a convict schema; its groups keep their options under `_cvtProperties`. */
function walkSchema(schema: unknown, path: string[], visit: (path: string[], rule: Rule) => void): void {
  if (typeof schema !== 'object' || schema === null || path.length > 20) return;
  const group = (schema as Rule)['_cvtProperties'] ?? (schema as Rule)['properties'];
  if (typeof group !== 'object' || group === null) return visit(path, schema as Rule);
  for (const [key, rule] of Object.entries(group)) walkSchema(rule, [...path, key], visit);
}

function mask(properties: Json, path: readonly string[]): void {
  const [key, ...rest] = path;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties) || key === undefined) return;
  const next = properties[key];
  if (rest.length === 0 || next === undefined || typeof next !== 'object') properties[key] = MASK;
  else mask(next, rest);
}

function grouped(properties: Json): Configuration {
  if (!isObject(properties)) return { default: { value: properties } };
  const scalars: [string, Json][] = [];
  const groups: [string, Json][] = [];
  for (const [key, value] of Object.entries(properties)) (isObject(value) ? groups : scalars).push([key, value]);
  const configuration: { [group: string]: Json } = Object.fromEntries(groups);
  const named = configuration['default'];
  if (scalars.length > 0)
    configuration['default'] = { ...Object.fromEntries(scalars), ...(isObject(named) ? named : {}) };
  return sorted(configuration) as Configuration;
}

function sorted(json: Json): Json {
  if (Array.isArray(json)) return json.map(sorted);
  if (!isObject(json)) return json;
  const entries = Object.entries(json).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]));
}

function isObject(json: Json | undefined): json is { [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function describe(config: unknown): Json {
  if (config === null || config === undefined) return null;
  return typeof config === 'function' ? '(a function)' : '(an object)';
}
