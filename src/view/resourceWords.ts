/** Types of async resources in a person's words. */
import { counted } from './amounts.js';

type Words = [one: string, many: string];

const WORDS = new Map<string, Words>(
  Object.entries({
    TCPSERVERWRAP: ['server', 'servers'],
    TCPServerWrap: ['server', 'servers'],
    PIPESERVERWRAP: ['pipe server', 'pipe servers'],
    PipeServerWrap: ['pipe server', 'pipe servers'],
    TCPWRAP: ['socket', 'sockets'],
    TCPSocketWrap: ['socket', 'sockets'],
    PIPEWRAP: ['pipe', 'pipes'],
    PipeWrap: ['pipe', 'pipes'],
    TTYWRAP: ['terminal', 'terminals'],
    TTYWrap: ['terminal', 'terminals'],
    UDPWRAP: ['UDP socket', 'UDP sockets'],
    UDPWrap: ['UDP socket', 'UDP sockets'],
    Timeout: ['timer', 'timers'],
    Immediate: ['immediate', 'immediates'],
    PROCESSWRAP: ['child process', 'child processes'],
    ProcessWrap: ['child process', 'child processes'],
    WORKER: ['worker', 'workers'],
    Worker: ['worker', 'workers'],
    MESSAGEPORT: ['message port', 'message ports'],
    MessagePort: ['message port', 'message ports'],
    FSEVENTWRAP: ['file watcher', 'file watchers'],
    FSEventWrap: ['file watcher', 'file watchers'],
    STATWATCHER: ['file watcher', 'file watchers'],
    StatWatcher: ['file watcher', 'file watchers'],
    FSREQCALLBACK: ['file request', 'file requests'],
    FSReqCallback: ['file request', 'file requests'],
    FSREQPROMISE: ['file request', 'file requests'],
    FSReqPromise: ['file request', 'file requests'],
    GETADDRINFOREQWRAP: ['name lookup', 'name lookups'],
    GetAddrInfoReqWrap: ['name lookup', 'name lookups'],
  }),
);

/** `512 sockets`, `1 server`, most first; types without words of ours are called by their own name. */
export function inWords(types: readonly { type: string; count: number }[]): string[] {
  const counts = new Map<string, { words: Words; count: number }>();
  for (const { type, count } of types) {
    const words = WORDS.get(type) ?? [type, type];
    counts.set(words[0], { words, count: count + (counts.get(words[0])?.count ?? 0) });
  }
  return [...counts.values()]
    .sort((one, other) => other.count - one.count)
    .map(({ words, count }) => counted(count, ...words));
}
