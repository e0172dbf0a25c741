/** What a descriptor of the process is, in a person's words. */
import { readLink, readText } from './kernelFiles.js';

/**
 * `fd 1 (pipe)`, `fd 20 (socket to 10.0.0.7:443)`, `fd 12 (/var/lib/app/data.db)`; `fd 9` where its link cannot be
 * read, null for what is no descriptor.
 */
export function describeDescriptor(descriptor: number, processRoot: string): string | null {
  if (descriptor < 0) return null;
  const link = readLink(`${processRoot}/fd/${descriptor}`);
  const subject = link === null ? null : subjectOf(link, processRoot);
  return subject === null ? `fd ${descriptor}` : `fd ${descriptor} (${subject})`;
}

function subjectOf(link: string, processRoot: string): string {
  if (link.startsWith('pipe:')) return 'pipe';
  if (link.startsWith('anon_inode:')) return link.slice('anon_inode:'.length).replace(/^\[|\]$/g, '');
  const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  if (inode !== undefined) return socketOf(inode, processRoot);
  return link.replace(/\p{Cc}/gu, '?');
}

function socketOf(inode: string, processRoot: string): string {
  for (const table of ['tcp', 'tcp6']) {
    const line = lineWith(readText(`${processRoot}/net/${table}`), 9, inode);
    if (line !== null) return internetSocket(line[1] ?? '', line[2] ?? '');
  }
  const unix = lineWith(readText(`${processRoot}/net/unix`), 6, inode);
  if (unix === null) return 'socket';
  return unix[7] === undefined ? 'unix socket' : `unix socket ${unix[7]}`;
}

function lineWith(table: string | null, column: number, value: string): string[] | null {
  if (table === null || !table.includes(value)) return null;
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[column] === value) return fields;
  }
  return null;
}

function internetSocket(local: string, remote: string): string {
  const [peer, own] = [readAddress(remote), readAddress(local)];
  if (peer !== null && !peer.endsWith(':0')) return `socket to ${peer}`;
  return own === null ? 'socket' : `socket listening on ${own}`;
}

/** `10.0.0.7:443` or `[::1]:443`; null for no address. The kernel prints words of 32 bits in the byte order of the machine: little endian on x64 and arm64. */
export function readAddress(text: string): string | null {
  const match = /^((?:[0-9A-F]{8}){1,4}):([0-9A-F]{4})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const bytes = match[1].match(/.{8}/g)?.flatMap((word) => [...Buffer.from(word, 'hex')].reverse()) ?? [];
  const port = Number.parseInt(match[2], 16);
  if (bytes.length === 4) return `${bytes.join('.')}:${port}`;
  if (bytes.length !== 16) return null;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (isMapped) return `${bytes.slice(12).join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return `[${groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::')}]:${port}`;
}
