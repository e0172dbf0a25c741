/** The one session that a report from outside has, from the opening of the inspector to its close. */
import { clearTimeout, setTimeout as setTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { monotonicMs } from '../../tasks/clock.js';
import { InspectorSession, type Session } from '../../sentinel/inspectorSession.js';
import { connectionsTo, listenersOf } from './listeners.js';
import { openInspector, type NotOpen, type OpenInspector } from './openInspector.js';
import { isAlive, refused, type Target } from './target.js';
import { openerFor, WebSocketWire } from './webSocketWire.js';

/** Node closes at once when main runs JavaScript or its loop, in ms. */
const CLOSE_MS = 1500;
/** A main at a breakpoint answers at once, in ms. */
const PAUSED_MS = 1000;
const STEP_MS = 10;

/** `_debugEnd` is the same for a Node that is older than we are. The answer never comes: the connection goes with it. */
const CLOSE = `(() => {
  const inspector = process.getBuiltinModule?.("node:inspector");
  if (inspector === undefined) process._debugEnd(); else inspector.close();
})()`;

export class Connection {
  readonly #target: Target;
  #opening: Promise<string | null> | null = null;
  #closing: Promise<void> | null = null;
  #wire: WebSocketWire | null = null;
  #session: InspectorSession | null = null;
  #isOurs = false;
  #late: NotOpen['late'] = () => Promise.resolve(null);

  constructor(target: Target) {
    this.#target = target;
  }

  /** Null until it is open, and where it could not be opened. */
  get session(): Session | null {
    return this.#session;
  }

  /**
   * Why the inspector could not be entered, null when it could.
   * @throws {GuruError} as `openInspector`.
   */
  open(): Promise<string | null> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<string | null> {
    const opened = await openInspector(this.#target);
    if ('late' in opened) {
      this.#late = opened.late;
      return opened.why;
    }
    const hasDebugger = connectionsTo(this.#target.folder, opened.port) > 0;
    const wire = await this.#connect(opened);
    if (hasDebugger && (await isPaused(wire)))
      throw refused(this.#target.pid, 'a debugger holds its main thread at a breakpoint');
    return null;
  }

  async #connect({ url, isOurs }: OpenInspector): Promise<WebSocketWire> {
    const wire = new WebSocketWire(await openerFor(url));
    this.#isOurs = isOurs;
    this.#wire = wire;
    this.#session = new InspectorSession(wire);
    this.#session.connect();
    return wire;
  }

  /** For somebody who opens and closes a session of its own: this one stays open meanwhile. */
  lend(): Session {
    const session = this.#session;
    if (session === null) throw new Error('the inspector is not open');
    return {
      connect: () => {},
      watchWorkers: (onTarget, boundMs) => session.watchWorkers(onTarget, boundMs),
      evaluate: (thread, expression, boundMs) => session.evaluate(thread, expression, boundMs),
      post: (thread, method, params, boundMs) => session.post(thread, method, params, boundMs),
      drain: () => Promise.resolve(),
      close: () => {},
    };
  }

  /** Ends the session, and closes the inspector where this opened it. Bounded; never rejects; once for all calls. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => null);
    const late = await this.#late();
    if (late !== null) await this.#connect(late);
    const [wire, session] = [this.#wire, this.#session];
    if (wire === null || session === null) return;
    await session.drain();
    if (this.#isOurs) {
      const before = listenersOf(this.#target.folder).length;
      wire.post('Runtime.evaluate', { expression: CLOSE, silent: true }, () => {});
      await within(wire.closed, CLOSE_MS);
      await this.#untilClosed(before);
    }
    session.close();
  }

  /** The connection goes a moment before the port. */
  async #untilClosed(before: number): Promise<void> {
    const until = monotonicMs() + CLOSE_MS;
    while (monotonicMs() < until && isAlive(this.#target) && listenersOf(this.#target.folder).length >= before)
      await setTimeout(STEP_MS);
  }
}

/**
 * Whether a debugger, which must be connected, holds main: it would look hung. Asked only then: V8's debugger is on already,
 * and when it goes off for this session a pause of the other one stays as it is (tried on 20 to 26).
 */
async function isPaused(wire: WebSocketWire): Promise<boolean> {
  let paused = false;
  wire.on('Debugger.paused', () => (paused = true));
  const answered = new Promise<void>((resolve) => wire.post('Debugger.enable', {}, () => resolve()));
  await within(answered, PAUSED_MS);
  wire.post('Debugger.disable', {}, () => {});
  return paused;
}

function within(done: Promise<void>, boundMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimer(resolve, boundMs);
    void done.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
