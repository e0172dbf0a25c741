/** The wire to the inspector of another process: its port on loopback, by WebSocket. */
import type { Wire, WorkerParams } from '../../sentinel/inspectorSession.js';

/** What the runtime's own WebSocket (Node 22 on) and that of `ws` have in common. */
interface Socket {
  addEventListener(type: 'open' | 'error' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  send(text: string): void;
  close(): void;
}
type SocketClass = new (url: string) => Socket;

type Callback = Parameters<Wire['post']>[2];

interface Message {
  id?: number;
  result?: object;
  error?: { message?: string };
  method?: string;
  params?: unknown;
}

const GONE = 'the inspector closed the connection';

/** What is posted before the connection is there waits for it; what is under way when it goes fails. */
export class WebSocketWire implements Wire {
  readonly #open: () => Socket;
  readonly #waiting = new Map<number, Callback>();
  readonly #listeners = new Map<string, (message: { params: WorkerParams }) => void>();
  readonly #unsent: string[] = [];
  #socket: Socket | null = null;
  #state: 'new' | 'opening' | 'open' | 'closed' = 'new';
  #last = 0;
  #onClosed: () => void = () => {};
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });

  /** @param open - `openerFor` gives one */
  constructor(open: () => Socket) {
    this.#open = open;
  }

  connect(): void {
    this.#state = 'opening';
    const socket = this.#open();
    this.#socket = socket;
    socket.addEventListener('open', () => this.#opened(socket));
    socket.addEventListener('message', ({ data }) => this.#received(data));
    socket.addEventListener('error', () => this.#ended());
    socket.addEventListener('close', () => this.#ended());
  }

  post(method: string, params: object, callback: Callback): void {
    if (this.#state === 'closed') return callback(new Error(GONE));
    const id = ++this.#last;
    this.#waiting.set(id, callback);
    const text = JSON.stringify({ id, method, params });
    if (this.#state === 'open') this.#socket?.send(text);
    else this.#unsent.push(text);
  }

  on(event: string, listener: (message: { params: WorkerParams }) => void): void {
    this.#listeners.set(event, listener);
  }

  disconnect(): void {
    this.#socket?.close();
    this.#ended();
  }

  #opened(socket: Socket): void {
    if (this.#state !== 'opening') return socket.close();
    this.#state = 'open';
    for (const text of this.#unsent.splice(0)) socket.send(text);
  }

  #received(data: unknown): void {
    const message = parse(data);
    if (message === null) return;
    if (message.method !== undefined) this.#listeners.get(message.method)?.({ params: message.params as WorkerParams });
    const callback = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (message.id === undefined || callback === undefined) return;
    this.#waiting.delete(message.id);
    if (message.error === undefined) callback(null, message.result ?? {});
    else callback(new Error(message.error.message ?? 'the inspector refused'));
  }

  #ended(): void {
    this.#state = 'closed';
    this.#onClosed();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const callback of waiting) callback(new Error(GONE));
  }
}

/** Opens a connection to this URL: by the runtime's own WebSocket where there is one, else by `ws`. */
export async function openerFor(url: string): Promise<() => Socket> {
  const own = (globalThis as { WebSocket?: SocketClass }).WebSocket;
  const Class = own ?? ((await import('ws')).WebSocket as unknown as SocketClass);
  return () => new Class(url);
}

function parse(data: unknown): Message | null {
  try {
    return JSON.parse(String(data)) as Message;
  } catch {
    return null;
  }
}
