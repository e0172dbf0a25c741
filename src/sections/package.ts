/** Which application this is: from `setup`, else from its package.json, found from its main script. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import type { Options } from '../options.js';
import type { PackageFacts } from '../report/types.js';

/** More than any real package.json; one beyond is not read. */
const LARGEST_BYTES = 1024 * 1024;

/**
 * Vendor, product and version, each from the option, else from the nearest package.json upward of the main script's real
 * path that has a name (else the nearest of all: a bare `{ "type": "module" }` is not the application's). What cannot be read is null.
 * @returns also the application's root, the folder of that package.json; null where there is none.
 */
export function readPackage(
  mainScript: string | undefined,
  option: Options['version'],
): PackageFacts & { root: string | null } {
  const { root, content } = nearestPackage(mainScript);
  return {
    vendor: option.vendor ?? authorOf(content['author']),
    product: option.product ?? textOf(content['name']),
    version: option.version ?? textOf(content['version']),
    root,
  };
}

/** The service's name: the option, else the package's, else the main script's base name without its extension, else `node`. */
export function serviceNameOf(
  option: string | null,
  packageName: string | null,
  mainScript: string | undefined,
): string {
  const script = mainScript === undefined ? '' : parse(mainScript).name;
  return [option, packageName, script].find((name) => name !== null && name.trim() !== '') ?? 'node';
}

type Content = Record<string, unknown>;

function nearestPackage(mainScript: string | undefined): { root: string | null; content: Content } {
  let nearest: { root: string | null; content: Content } = { root: null, content: {} };
  for (const folder of foldersFrom(mainScript)) {
    const content = readContent(join(folder, 'package.json'));
    if (content === null) continue;
    if (content === 'unreadable') return nearest.root === null ? { root: folder, content: {} } : nearest;
    if (textOf(content['name']) !== null) return { root: folder, content };
    if (nearest.root === null) nearest = { root: folder, content };
  }
  return nearest;
}

function foldersFrom(mainScript: string | undefined): string[] {
  if (mainScript === undefined || mainScript === '') return [];
  const folders: string[] = [];
  let folder = startOf(mainScript);
  for (; folder !== dirname(folder); folder = dirname(folder)) folders.push(folder);
  return [...folders, folder];
}

/** `node app` and `node .` name a file without its extension, or a folder. */
function startOf(mainScript: string): string {
  try {
    const real = realpathSync(mainScript);
    return statSync(real).isDirectory() ? real : dirname(real);
  } catch {
    return dirname(mainScript);
  }
}

/** Null where there is no such file. */
function readContent(file: string): Content | 'unreadable' | null {
  try {
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts === undefined) return null;
    if (!facts.isFile() || facts.size > LARGEST_BYTES) return 'unreadable';
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    return typeof content === 'object' && content !== null && !Array.isArray(content)
      ? (content as Content)
      : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `Name <mail> (page)`, or an object with a name. */
function authorOf(author: unknown): string | null {
  const name =
    typeof author === 'string'
      ? author.replace(/\s*[<(].*$/s, '')
      : (author as { name?: unknown } | null | undefined)?.name;
  return textOf(name);
}
