/** What handles wait for: the request they work for, else the other end of a socket. */
import type { WaitsFor } from '../report/types.js';
import type { HandleRecord } from './handleRecord.js';
import { hostAndPort } from './requestFacts.js';
import type { RequestWatch } from './requests.js';
import type { RequestsInFlight } from './requestTasks.js';
import { dataOf, objectOf } from './ownData.js';

const IDLE = 'an HTTP connection that is kept open, without a request';

/** Sockets to more addresses than this are grouped as one. */
const ADDRESSES_MAX = 100;

export interface HandleWait {
  waitsFor: WaitsFor | null;
  note: string | null;
  /** It stands for a request that is listed itself. */
  isRequest: boolean;
}

const NOTHING: HandleWait = { waitsFor: null, note: null, isRequest: false };

export class SocketWaits {
  readonly #requests: RequestsInFlight | null;
  readonly #watch: RequestWatch | null;
  readonly #addresses = new Map<string, WaitsFor>();

  constructor(requests: RequestsInFlight | null, watch: RequestWatch | null) {
    this.#requests = requests;
    this.#watch = watch;
  }

  /** Never throws, and calls nothing of the application. */
  of(record: HandleRecord): HandleWait {
    try {
      const { kind, name } = record.type;
      const resource = kind === 'http' || kind === 'native' ? record.resource : undefined;
      if (resource === undefined) return NOTHING;
      return kind === 'http' ? this.#ofMessage(resource) : this.#ofNative(name, resource);
    } catch {
      // Not known, then.
    }
    return NOTHING;
  }

  /** The resource that Node's HTTP makes for a parser: it has the request, or the socket requests come by. */
  #ofMessage(resource: object): HandleWait {
    const part = objectOf(dataOf(resource, 'req')) ?? objectOf(dataOf(resource, 'socket'));
    const waitsFor = part === null ? undefined : this.#requests?.parts.get(part);
    if (waitsFor !== undefined) return { waitsFor, note: null, isRequest: true };
    return { ...NOTHING, note: isKeptOpen(part) ? IDLE : null };
  }

  #ofNative(type: string, resource: object): HandleWait {
    if (type === 'TCPCONNECTWRAP') {
      const [address, port] = [dataOf(resource, 'address'), dataOf(resource, 'port')];
      const isKnown = typeof address === 'string' && typeof port === 'number';
      return { ...NOTHING, waitsFor: isKnown ? this.#named(hostAndPort(address, port)) : null };
    }
    if (!/^(TCPWRAP|TLSWRAP|PIPEWRAP|HTTP2STREAM)$/.test(type)) return NOTHING;
    const handle = objectOf(dataOf(resource, 'handle')) ?? resource;
    const owner = ownerOf(handle);
    const waitsFor = this.#requestOf(handle, owner);
    if (waitsFor !== undefined) return { ...NOTHING, waitsFor, isRequest: type === 'HTTP2STREAM' };
    if (isKeptOpen(owner) || (owner !== null && this.#watch?.lastOver(owner) !== undefined)) {
      return { ...NOTHING, note: IDLE };
    }
    return { ...NOTHING, waitsFor: this.#remote(handle, owner) };
  }

  #requestOf(handle: object, owner: object | null): WaitsFor | undefined {
    const parts = this.#requests?.parts;
    const sent = owner === null ? undefined : this.#watch?.lastOver(owner);
    return [handle, owner, sent].map((part) => (part ? parts?.get(part) : undefined)).find((found) => found);
  }

  /** Ports of clients tell nothing: what came in is named by the port it came to. */
  #remote(handle: object, owner: object | null): WaitsFor | null {
    const isAccepted = objectOf(dataOf(owner, 'server')) !== null;
    const end = addressOf(handle, isAccepted ? 'getsockname' : 'getpeername');
    if (end === null) return null;
    return this.#named(isAccepted ? `clients of :${end.port}` : hostAndPort(end.address, end.port));
  }

  #named(what: string): WaitsFor {
    const known = this.#addresses.get(what);
    if (known !== undefined) return known;
    if (this.#addresses.size >= ADDRESSES_MAX) return { kind: 'socket', what: 'other addresses' };
    const waitsFor: WaitsFor = { kind: 'socket', what };
    this.#addresses.set(what, waitsFor);
    return waitsFor;
  }
}

/** Node sets this to null when a socket has done its request, and waits for another. */
function isKeptOpen(socket: object | null): boolean {
  return socket !== null && dataOf(socket, '_httpMessage') === null;
}

let ownerSymbol: symbol | undefined;

/** The socket or stream that a native handle belongs to. */
function ownerOf(handle: object): object | null {
  ownerSymbol ??= Object.getOwnPropertySymbols(handle).find(({ description }) => description === 'owner_symbol');
  return ownerSymbol === undefined ? null : objectOf(dataOf(handle, ownerSymbol));
}

/** Asked of the native handle: what a socket tells of its ends are getters. */
function addressOf(handle: object, ask: 'getpeername' | 'getsockname'): { address: string; port: number } | null {
  const method = dataOf(handle, ask);
  if (typeof method !== 'function') return null;
  const end: { address?: unknown; port?: unknown } = {};
  method.call(handle, end);
  return typeof end.address === 'string' && typeof end.port === 'number'
    ? { address: end.address, port: end.port }
    : null;
}
