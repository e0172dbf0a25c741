/** Which application this is: from `setup`, else from its package.json, found from its main script. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import type { Options } from '../options.js';
import { packageOf } from '../report/frames.js';
import type { PackageFacts } from '../report/types.js';

/** More than any real package.json; one beyond is not read. */
const LARGEST_BYTES = 1024 * 1024;

/**
 * Vendor, product and version, each from the option, else from the nearest package.json upward of the main script's real
 * path that has a name (else the nearest of all: a bare `{ "type": "module" }` is not the application's). What cannot be read is null.
 * @param workingFolder - where the process runs: a main script that a project there has installed (a test runner, a
 *   framework's command) is no application, that project is
 * @returns also the application's root, the folder of that package.json; null where there is none.
 */
export function readPackage(
  mainScript: string | undefined,
  option: Options['version'],
  workingFolder: string | null = null,
): PackageFacts & { root: string | null } {
  const tool = nearestPackage(startOf(mainScript));
  const { root, content } = projectWith(tool.root, workingFolder) ?? tool;
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

interface Found {
  root: string | null;
  content: Content;
}

/** The project of the working folder, where the package in `toolRoot` is installed for it; null for any other package. */
function projectWith(toolRoot: string | null, workingFolder: string | null): Found | null {
  const name = toolRoot === null ? null : packageOf(join(toolRoot, 'package.json'));
  if (name === null || workingFolder === null) return null;
  const holds = (folder: string): boolean => realFolder(join(folder, 'node_modules', name)) === toolRoot;
  return foldersFrom(workingFolder).some(holds) ? nearestPackage(workingFolder) : null;
}

function realFolder(folder: string): string | null {
  try {
    return realpathSync(folder);
  } catch {
    return null;
  }
}

function nearestPackage(start: string | null): Found {
  let nearest: Found = { root: null, content: {} };
  for (const folder of foldersFrom(start)) {
    const content = readContent(join(folder, 'package.json'));
    if (content === null) continue;
    if (content === 'unreadable') return nearest.root === null ? { root: folder, content: {} } : nearest;
    if (textOf(content['name']) !== null) return { root: folder, content };
    if (nearest.root === null) nearest = { root: folder, content };
  }
  return nearest;
}

function foldersFrom(start: string | null): string[] {
  if (start === null) return [];
  const folders: string[] = [];
  let folder = start;
  for (; folder !== dirname(folder); folder = dirname(folder)) folders.push(folder);
  return [...folders, folder];
}

/** `node app` and `node .` name a file without its extension, or a folder. */
function startOf(mainScript: string | undefined): string | null {
  if (mainScript === undefined || mainScript === '') return null;
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
