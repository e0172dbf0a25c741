/** The TCP ports that a process listens on, from procfs: sockets of its network that are among its descriptors. */
import { readAddress } from '../../sentinel/kernelDescriptors.js';
import { readLink, readNumbers, readText } from '../../sentinel/kernelFiles.js';

export interface Listener {
  /** Without brackets: `127.0.0.1`, `::1`, `0.0.0.0`. */
  host: string;
  port: number;
  inode: string;
}

/** `TCP_LISTEN` and `TCP_ESTABLISHED` of the kernel, as `/proc/net/tcp` prints them. */
const LISTENS = '0A';
const IS_CONNECTED = '01';

/** Those of the process; none where its descriptors cannot be read. */
export function listenersOf(folder: string): Listener[] {
  const inodes = inodesOf(folder);
  return listenersAround(folder).filter(({ inode }) => inodes.has(inode));
}

/** How many connections to this port of its own the process has. */
export function connectionsTo(folder: string, port: number): number {
  const inodes = inodesOf(folder);
  return socketsAround(folder, IS_CONNECTED).filter((socket) => socket.port === port && inodes.has(socket.inode))
    .length;
}

/** Those of every process in the same network. */
export function listenersAround(folder: string): Listener[] {
  return socketsAround(folder, LISTENS);
}

function socketsAround(folder: string, wanted: string): Listener[] {
  const lines = ['tcp', 'tcp6'].flatMap((table) => (readText(`${folder}/net/${table}`) ?? '').split('\n'));
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [, host, port] = /^(.*):(\d+)$/.exec(state === wanted ? (readAddress(local) ?? '') : '') ?? [];
    if (host === undefined || port === undefined) return [];
    return [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port), inode }];
  });
}

/** The process that has this socket, with its name; null where it is not found, or belongs to another user. */
export function ownerOf(inode: string, root = '/proc'): { pid: number; name: string } | null {
  const pid = readNumbers(root).find((one) => inodesOf(`${root}/${one}`).has(inode));
  return pid === undefined ? null : { pid, name: readText(`${root}/${pid}/comm`) ?? '' };
}

function inodesOf(folder: string): Set<string> {
  const links = readNumbers(`${folder}/fd`).map((descriptor) => readLink(`${folder}/fd/${descriptor}`) ?? '');
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
