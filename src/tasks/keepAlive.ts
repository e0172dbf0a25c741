/** What keeps a thread running: whether a handle is ref'd, and whether it holds its event loop open. */
import type { HandleRecord } from './handleRecord.js';
import { dataOf } from './ownData.js';

/** Requests that libuv carries out: while one is under way the loop goes on. */
const REQUEST = /REQ|^(TCP|PIPE)CONNECTWRAP$|^(WRITE|SHUTDOWN|UDPSEND)WRAP$/;

/** A loop waits for a stream only while somebody reads from it. */
const STREAMS = new Set(['TCPWRAP', 'PIPEWRAP', 'TTYWRAP']);

/** What the resource says itself (`hasRef`): null where it cannot be asked, or is an object of the application's. */
export function refOf(record: HandleRecord): boolean | null {
  const { kind } = record.type;
  if (kind === 'embedder' || kind === 'addon' || kind === 'http') return null;
  try {
    const { resource } = record;
    const hasRef = dataOf(resource, 'hasRef');
    const ref: unknown = typeof hasRef === 'function' ? hasRef.call(resource) : null;
    return typeof ref === 'boolean' ? ref : null;
  } catch {
    return null;
  }
}

/**
 * A handle holds the loop open while it is ref'd and active, a request while it is under way; of others nobody can tell.
 * Standard streams are ref'd from the start to the end, and hold nothing open while nobody reads from them.
 */
export function keepsAlive(record: HandleRecord, ref: boolean | null): boolean | null {
  const { type } = record;
  if (ref === true && STREAMS.has(type.name)) return !isIdleStream(record.resource);
  if (ref !== null) return ref;
  return type.kind === 'native' && REQUEST.test(type.name) ? true : null;
}

/**
 * Node notes on a stream's handle that it reads from it. Two are read without that note: a child's IPC channel, known by
 * its `pendingHandle`, and what lies below TLS, where the note is a getter.
 */
function isIdleStream(handle: object | undefined): boolean {
  if (handle === undefined || Object.hasOwn(handle, 'pendingHandle')) return false;
  if (Object.hasOwn(handle, 'reading')) return dataOf(handle, 'reading') === false;
  return true;
}
