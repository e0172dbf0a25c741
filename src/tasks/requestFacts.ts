/**
 * What an HTTP request in flight tells of itself: whether it still is, what it asks for, and what it runs over. The objects
 * are the application's, so they are read as `safeReads.ts` does.
 */
import type { WaitsFor } from '../report/types.js';
import { dataOf, handleOf, nodeValueOf, objectOf } from './ownData.js';

/** Which of Node's channels announced it: that tells what the object is. */
export type RequestSource = 'server' | 'client' | 'undici' | 'http2-server' | 'http2-client';

export interface RequestFacts {
  kind: Extract<WaitsFor['kind'], 'http-in' | 'http-out'>;
  method: string;
  /** `payments:443`; of an incoming request the port it came to, `:8080`. */
  host: string;
  /** Without query and fragment; `***` stands for long ids in it. */
  path: string;
}

/** The pseudo headers of an HTTP/2 request; the stream does not keep them where it came in. */
export type StreamHeaders = Readonly<Record<string, unknown>>;

const PATH_MAX = 200;
const LOOKED_AT_MAX = 2000;

/** A segment that is a token or a long id: what it stands for may be secret, and it tells equal requests apart. */
const LONG_ID =
  /\/(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\w.~-]{0,40}(?=[a-z\d]{0,80}\d)(?=[a-z\d]{0,80}[a-z])[a-z\d]{16,})[^/]*/gi;
const HOST_MAX = 260;

/**
 * Whether the request still waits. An outgoing message marks itself destroyed when it is done as well as when it is
 * aborted; undici's requests have a mark for each; a stream of HTTP/2 is destroyed in the end, however that comes.
 * What undici upgraded belongs to a protocol of its own, and is told no end.
 */
export function isInFlight(source: RequestSource, object: object): boolean {
  if (source === 'server' || source === 'client') return dataOf(object, 'destroyed') === false;
  if (source === 'undici') {
    return dataOf(object, 'completed') === false && dataOf(object, 'aborted') === false && !dataOf(object, 'upgrade');
  }
  return nodeValueOf(object, 'destroyed', process.getBuiltinModule('node:stream').Duplex) === false;
}

export function factsOf(source: RequestSource, object: object, headers: StreamHeaders | null): RequestFacts {
  if (source === 'server') return serverFacts(object);
  if (source === 'client') return clientFacts(object);
  if (source === 'undici') return undiciFacts(object);
  return streamFacts(source, object, headers ?? {});
}

/** The sockets that a request of `node:http` runs over and its other half; each knows its request by this. */
export function partsOf(source: RequestSource, object: object): object[] {
  if (source !== 'server' && source !== 'client') return [object];
  const request = source === 'server' ? objectOf(dataOf(object, 'req')) : object;
  return [object, request, socketOf(object) ?? socketOf(request)].filter((part) => part !== null);
}

/** `address:port`, with IPv6 in brackets. */
export function hostAndPort(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function serverFacts(response: object): RequestFacts {
  const request = dataOf(response, 'req');
  const url = dataOf(request, 'originalUrl'); // Routers cut off of `url` what they matched.
  const path = pathOf(typeof url === 'string' ? url : dataOf(request, 'url'));
  return { kind: 'http-in', method: methodOf(dataOf(request, 'method')), host: localPort(socketOf(request)), path };
}

function clientFacts(request: object): RequestFacts {
  const method = methodOf(dataOf(request, 'method'));
  const path = pathOf(nodeValueOf(request, 'path', http().ClientRequest));
  const socketPath = dataOf(request, 'socketPath');
  if (typeof socketPath === 'string') return { kind: 'http-out', method, host: textOf(socketPath, HOST_MAX), path };
  const isSecure = dataOf(request, 'protocol') === 'https:';
  return { kind: 'http-out', method, host: withPort(hostHeader(request), isSecure), path };
}

function undiciFacts(request: object): RequestFacts {
  const origin = dataOf(request, 'origin');
  const url = new URL(String(origin));
  return {
    kind: 'http-out',
    method: methodOf(dataOf(request, 'method')),
    host: withPort(url.host, url.protocol === 'https:'),
    path: pathOf(dataOf(request, 'path')),
  };
}

function streamFacts(source: RequestSource, stream: object, headers: StreamHeaders): RequestFacts {
  const session = dataOf(stream, symbolOf(stream, 'kSession') ?? '');
  const method = methodOf(headers[':method']);
  const path = pathOf(headers[':path']);
  if (source === 'http2-server') {
    return { kind: 'http-in', method, host: localPort(dataOf(session, symbolOf(session, 'socket') ?? '')), path };
  }
  const host = withPort(textOf(headers[':authority'], HOST_MAX), headers[':scheme'] !== 'http');
  return { kind: 'http-out', method, host, path };
}

/** The header says to whom it goes; a request with raw headers has them only as sent. */
function hostHeader(request: object): string {
  const { OutgoingMessage } = http();
  const known: unknown = OutgoingMessage.prototype.getHeader.call(
    request as InstanceType<typeof OutgoingMessage>,
    'host',
  );
  if (typeof known === 'string') return known;
  const sent = /\r\nhost: *([^\r\n]+)/i.exec(String(dataOf(request, '_header') ?? ''))?.[1];
  return sent ?? textOf(dataOf(request, 'host'), HOST_MAX);
}

function withPort(host: string, isSecure: boolean): string {
  if (host === '') return 'unknown host';
  return /:\d+$/.test(host) ? host.slice(-HOST_MAX) : `${host.slice(0, HOST_MAX)}:${isSecure ? 443 : 80}`;
}

/** Asked of the native handle: `localPort` of a socket is a getter. */
function localPort(socket: unknown): string {
  const address: { port?: unknown } = {};
  const handle = handleOf(objectOf(socket)) as { getsockname?: (into: object) => number } | null;
  handle?.getsockname?.(address);
  return typeof address.port === 'number' ? `:${address.port}` : 'this process';
}

function socketOf(message: unknown): object | null {
  return objectOf(nodeValueOf(message, 'socket', http().OutgoingMessage));
}

function methodOf(value: unknown): string {
  return textOf(value, 20) || 'GET';
}

function pathOf(value: unknown): string {
  const [whole = ''] = textOf(value, LOOKED_AT_MAX).split(/[?#]/, 1);
  const path = whole.replace(LONG_ID, '/***') || '/';
  return path.length > PATH_MAX ? `${path.slice(0, PATH_MAX)}...` : path;
}

function textOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** The key under which Node keeps something on its own objects. */
function symbolOf(object: unknown, description: string): symbol | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  return Object.getOwnPropertySymbols(object).find((key) => key.description === description);
}

function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}
