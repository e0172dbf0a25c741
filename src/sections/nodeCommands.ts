/** What a command line tells of a Node.js process. */
import { basename } from 'node:path';

/** Whether an executable of this path is Node.js. */
export function isNodeName(file: string): boolean {
  return /^(?:node|nodejs)(?:\d*|\.exe)$/.test(basename(file.replace(/ \(deleted\)$/, '')));
}

/** Whether this package is preloaded by it. Looks at Node's own flags only: what follows the script belongs to the script. */
export function preloads(command: readonly string[]): boolean {
  for (let index = 1; index < command.length; index++) {
    const [, flag, glued] = /^(-r|--require|--import)(?:=(.*))?$/s.exec(command[index] ?? '') ?? [];
    if (flag !== undefined && isPreload(glued ?? command[++index] ?? '')) return true;
    if (flag === undefined && !(command[index] ?? '').startsWith('-')) return false;
  }
  return false;
}

function isPreload(file: string): boolean {
  return /guru-meditation[/\\](?:dist[/\\])?register(?:\.cjs)?["']?$|(?:^|[/\\])register\.cjs["']?$/.test(file);
}
