/**
 * Where requests and their answers are: a folder of the process's user, mode 0700, in the first of a few places that can
 * be written. Containers have read-only roots and users without a name, so no home folder is looked for.
 */
import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

type Environment = Record<string, string | undefined>;

/** The places, in the order in which they are tried; an environment that says nothing leaves the last two. */
export function placesFor(environment: Environment): string[] {
  const named = [environment['GMR_DIR'], environment['XDG_RUNTIME_DIR']];
  const places = [...named.filter((place) => place !== undefined && isAbsolute(place)), '/dev/shm', '/tmp'];
  return [...new Set(places as string[])];
}

export function folderIn(place: string, uid: number): string {
  return join(place, `guru-meditation-${uid}`);
}

/** Why a folder is not to be trusted, in words; null when it belongs to `uid` alone; undefined when there is none. */
export function reasonAgainst(folder: string, uid: number): string | null | undefined {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  if (!facts.isDirectory()) return 'it is no folder';
  if (facts.uid !== uid) return `it belongs to user ${facts.uid}`;
  return (facts.mode & 0o077) === 0 ? null : 'others may enter it';
}
